import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../reference/digest.ts';
import { pinImageField } from './edit-image-field.ts';
import { findImageFields } from './find-image-fields.ts';
import { yaml } from './finding.fixture.ts';

const cases: readonly { name: string; given: string; expected: readonly string[] }[] = [
  {
    name: 'joins baseImage with the tag or version beside it, the tag first',
    given: yaml`
spec:
  baseImage: quay.io/prometheus/prometheus
  tag: v2.1.0
  version: v9
  sha: ""
  thanos:
    baseImage: quay.io/thanos/thanos
    version: v0.1.0
`,
    expected: [
      'quay.io/prometheus/prometheus:v2.1.0 split likely',
      'quay.io/thanos/thanos:v0.1.0 split likely',
    ],
  },
  {
    name: 'joins a version that says whose it is',
    given: yaml`
a: {imageName: quay.io/a/c, imageVersion: v1}
b: {sidecarImage: quay.io/a/d, sidecarVersion: v2}
`,
    expected: ['quay.io/a/c:v1 split likely', 'quay.io/a/d:v2 split likely'],
  },
  {
    name: 'joins a loose tag with the only image beside it, and leaves several open',
    given: yaml`
a: {sidecarImage: quay.io/a/d, tag: v2}
c: {name: web, baseImage: quay.io/a/g, imageTag: v3}
b: {firstImage: quay.io/a/e, secondImage: quay.io/a/f, tag: v2}
`,
    expected: [
      'quay.io/a/d:v2 split likely',
      'quay.io/a/g:v3 split likely',
      'quay.io/a/e split likely',
      'quay.io/a/f split likely',
    ],
  },
  {
    name: 'leaves a whole reference as it is beside a version',
    given: 'spec: {baseImage: "quay.io/p/p:v1", version: v2}\n',
    expected: ['quay.io/p/p:v1 string likely'],
  },
  {
    name: 'takes a name beside a plain version for one whose tag is open',
    given: 'spec: {image: quay.io/strimzi/kafka, version: 4.3.1}\n',
    expected: ['quay.io/strimzi/kafka split likely'],
  },
  {
    name: 'leaves a name open whose tag is a variable',
    given: 'a: {image: quay.io/a/f, tag: "$' + '{TAG}"}\n',
    expected: ['quay.io/a/f split likely'],
  },
  {
    name: "completes names from hub and tag of a map around them, or of that map's global",
    given: yaml`
spec:
  hub: docker.io/istio
  tag: 1.20.1
  values:
    global: {proxy: {image: proxyv2}}
    pilot: {image: pilot, tag: 1.21.0}
    cni: {image: install-cni, hub: "", tag: ""}
    other: {image: quay.io/a/b:v1}
---
global: {hub: gcr.io/istio-release, tag: 1.9.0}
pilot: {image: pilot}
`,
    expected: [
      'docker.io/istio/proxyv2:1.20.1 split likely',
      'docker.io/istio/pilot:1.21.0 split likely',
      'docker.io/istio/install-cni:1.20.1 split likely',
      'quay.io/a/b:v1 string likely',
      'gcr.io/istio-release/pilot:1.9.0 split likely',
    ],
  },
  {
    name: 'completes names in JSON within a ConfigMap',
    given: yaml`
apiVersion: v1
kind: ConfigMap
data:
  values: '{"global": {"hub": "gcr.io/istio-release", "tag": "1.9", "proxy": {"image": "proxyv2"}}}'
`,
    expected: ['gcr.io/istio-release/proxyv2:1.9 embedded likely'],
  },
  {
    name: 'takes a name whose hub is a variable for possible only',
    given: 'hub: "$' + '{HUB}"\nproxy: {image: proxyv2}\n',
    expected: ['proxyv2 split possible'],
  },
  {
    name: 'leaves containers alone, whose image is whole',
    given: 'hub: quay.io/x\ntag: v1\ncontainers: [{name: a, image: nginx, version: 1}]\n',
    expected: ['nginx string certain'],
  },
];

describe('parts of a reference that stand apart', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const { fields } = findImageFields(given, { fileName: 'values.yaml' });
      assert.deepEqual(
        fields.map(({ reference, form, confidence }) => `${reference} ${form} ${confidence}`),
        expected,
      );
    });
  }

  it('stand where the name is, not where the shared registry is', () => {
    const { fields } = findImageFields('hub: quay.io/x\ntag: v1\nproxy:\n  image: proxyv2\n', {
      fileName: 'values.yaml',
    });
    assert.deepEqual(
      fields.map(({ line, column, pointer }) => ({ line, column, pointer })),
      [{ line: 4, column: 10, pointer: '/proxy' }],
    );
  });

  it('are not pinned in a tag that other images share', () => {
    const text = 'hub: quay.io/x\ntag: v1\nproxy:\n  image: proxyv2\n';
    const [field] = findImageFields(text, { fileName: 'values.yaml' }).fields;
    assert.ok(field);
    const outcome = pinImageField(text, field, digestOf(Buffer.from('x')));
    assert.equal(outcome.kind === 'refused' && outcome.reason, 'enclosing');
  });
});
