import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findImageFields } from './find-image-fields.ts';
import { yaml } from './finding.fixture.ts';

const cases: readonly { name: string; given: string; expected: readonly string[] }[] = [
  {
    name: 'joins repository and tag, under image or not',
    given: yaml`
image:
  repository: docker.io/rook/ceph
  tag: master
csi:
  cephcsi:
    repository: quay.io/cephcsi/cephcsi
    tag: v3.15.0
`,
    expected: ['docker.io/rook/ceph:master', 'quay.io/cephcsi/cephcsi:v3.15.0'],
  },
  {
    name: 'joins dotted keys',
    given: yaml`
cephImage.repository: quay.io/ceph/ceph
cephImage.tag: v20
`,
    expected: ['quay.io/ceph/ceph:v20'],
  },
  {
    name: 'joins registry, repository and tag, with an empty digest',
    given: yaml`
global:
  imageRegistry: ""
  imagePullSecrets: []
image:
  registry: docker.io
  repository: bitnami/nginx
  tag: 1.27.4-debian-12-r1
  digest: ""
  pullPolicy: IfNotPresent
  pullSecrets: []
cloneStaticSiteFromGit:
  enabled: false
  image:
    registry: docker.io
    repository: bitnami/git
    tag: "2.48"
    digest: ""
  repository: ""
  branch: ""
`,
    expected: ['docker.io/bitnami/nginx:1.27.4-debian-12-r1', 'docker.io/bitnami/git:2.48'],
  },
  {
    name: 'takes a sha for a digest, keeps a tag as spelled',
    given: yaml`
alertmanager:
  alertmanagerSpec:
    image:
      registry: quay.io
      repository: prometheus/alertmanager
      tag: v0.28
      sha: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
sidecar:
  image:
    registry: quay.io
    repository: kiwigrid/k8s-sidecar
    tag: 1.30
    sha: ""
`,
    expected: [
      'quay.io/prometheus/alertmanager:v0.28@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'quay.io/kiwigrid/k8s-sidecar:1.30',
    ],
  },
  {
    name: 'joins registry, image, tag and digest, without digestChroot',
    given: yaml`
controller:
  name: controller
  image:
    chroot: false
    registry: registry.k8s.io
    image: ingress-nginx/controller
    tag: "v1.12.0"
    digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    digestChroot: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    pullPolicy: IfNotPresent
`,
    expected: [
      'registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
  },
  {
    name: 'joins registry, repository, name and tag, without the defaults',
    given: yaml`
defaultImageRegistry: quay.io
defaultImageRepository: strimzi
defaultImageTag: 1.2.0
image:
  registry: "quay.io"
  repository: "strimzi"
  name: operator
  tag: "1.2.0"
kafka:
  image:
    registry: ""
    repository: "strimzi"
    name: kafka
    tagPrefix: ""
`,
    expected: ['quay.io/strimzi/operator:1.2.0', 'strimzi/kafka'],
  },
  {
    name: 'joins flat keys, and an image with its tag',
    given: yaml`
connect:
  imageRepository: docker.io/1password/connect
  imageTag: "1.7"
other:
  image: library/foo
  imageTag: 2
`,
    expected: ['docker.io/1password/connect:1.7', 'library/foo:2'],
  },
  {
    name: 'takes a repository whose tag is empty',
    given: yaml`
image:
  # -- image repository
  repository: ghcr.io/k8s-at-home/sonarr
  # -- tag
  tag:
  pullPolicy: IfNotPresent
`,
    expected: ['ghcr.io/k8s-at-home/sonarr'],
  },
  {
    name: 'takes a version for a tag under image',
    given: yaml`
image:
  repository: ghcr.io/foo/bar
  version: v1
`,
    expected: ['ghcr.io/foo/bar:v1'],
  },
  {
    name: 'takes a null digest for none',
    given: yaml`
image:
  registry: docker.io
  repository: grafana/alloy
  tag: v1
  digest: null
`,
    expected: ['docker.io/grafana/alloy:v1'],
  },
  {
    name: 'joins repository, image and version',
    given: yaml`
validator:
  repository: nvcr.io/nvidia/cloud-native
  image: gpu-operator-validator
  version: v1
driver:
  enabled: true
  repository: nvcr.io/nvidia
  image: driver
  version: "550.1"
`,
    expected: ['nvcr.io/nvidia/cloud-native/gpu-operator-validator:v1', 'nvcr.io/nvidia/driver:550.1'],
  },
  {
    name: 'joins registry, image and version',
    given: yaml`
tigeraOperator:
  image: tigera/operator
  version: v1.36
  registry: quay.io
`,
    expected: ['quay.io/tigera/operator:v1.36'],
  },
  {
    name: 'finds each image of a shared tag',
    given: yaml`
kubevirt-operator:
  containers:
    operator:
      image:
        repository: reg.io/virt-operator
        tag: &v 1.6.3
    controller:
      image:
        repository: reg.io/virt-controller
        tag: *v
    api:
      image:
        tag: *v
        repository: reg.io/virt-api
`,
    expected: ['reg.io/virt-operator:1.6.3', 'reg.io/virt-controller:1.6.3', 'reg.io/virt-api:1.6.3'],
  },
  {
    name: 'takes a name whose registry and repository are empty',
    given: yaml`
image:
  registry: ""
  repository: ""
  name: operator
  tag: ""
kafka:
  image:
    registry: ""
    repository: ""
    name: kafka
    tagPrefix: ""
kafkaBridge:
  image:
    registry: ""
    repository:
    name: kafka-bridge
    tag: 0.21.4
`,
    expected: ['operator', 'kafka', 'kafka-bridge:0.21.4'],
  },
  {
    name: 'takes a repository that a merge key brings',
    given: yaml`
x: &base
  repository: ghcr.io/a/b
  tag: "1"
image:
  <<: *base
  tag: "2"
`,
    expected: ['ghcr.io/a/b:1', 'ghcr.io/a/b:2'],
  },
  {
    name: 'borrows the default registry beside it',
    given: yaml`
admissionController:
  container:
    image:
      # -- Image registry
      registry: ~
      defaultRegistry: reg.kyverno.io
      repository: kyverno/kyverno
      tag: ~
      pullPolicy: ~
test:
  image:
    registry: ~
    repository: busybox
    tag: '1.35'
`,
    expected: ['reg.kyverno.io/kyverno/kyverno', 'busybox:1.35'],
  },
  {
    name: 'takes a pull policy beside it for an image',
    given: yaml`
tempo:
  repository: grafana/tempo
  tag: "2.7"
  pullPolicy: IfNotPresent
  path: /var
`,
    expected: ['grafana/tempo:2.7'],
  },
  {
    name: 'takes digest, not its variants',
    given: yaml`
image:
  override: ~
  repository: "quay.io/cilium/cilium"
  tag: "v1.17"
  pullPolicy: "IfNotPresent"
  digest: "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  useDigest: true
operator:
  image:
    override: ~
    repository: "quay.io/cilium/operator"
    tag: "v1.17"
    genericDigest: "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    suffix: ""
`,
    expected: [
      'quay.io/cilium/cilium:v1.17@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'quay.io/cilium/operator:v1.17',
    ],
  },
  {
    name: 'takes an image and a tag beside it',
    given: yaml`
controller:
  image: jenkins/jenkins
  tag: 2.440
agent:
  image: x/y
  registry: docker.io
  tag: z
`,
    expected: ['jenkins/jenkins:2.440', 'docker.io/x/y:z'],
  },
  {
    name: 'joins defaults with a path, leaves nulls',
    given: yaml`
defaultAirflowRepository: apache/airflow
defaultAirflowTag: "2.10"
images:
  airflow:
    repository: ~
    tag: ~
  statsd:
    repository: quay.io/prometheus/statsd-exporter
    tag: v0.27
`,
    expected: ['apache/airflow:2.10', 'quay.io/prometheus/statsd-exporter:v0.27'],
  },
  {
    name: 'finds maps below image',
    given: yaml`
image:
  longhorn:
    engine:
      repository: longhornio/longhorn-engine
      tag: v1.7
  csi:
    attacher:
      repository: longhornio/csi-attacher
      tag: v4
`,
    expected: ['longhornio/longhorn-engine:v1.7', 'longhornio/csi-attacher:v4'],
  },
  {
    name: 'takes an image and a tag among other keys',
    given: yaml`
testFramework:
  enabled: true
  image: "bats/bats"
  tag: "v1.4.1"
`,
    expected: ['bats/bats:v1.4.1'],
  },
  {
    name: 'joins the defaults of questions, whose variables are paths below image',
    given: yaml`
questions:
- variable: image.longhorn.manager.repository
  default: longhornio/longhorn-manager
- variable: image.longhorn.manager.tag
  default: v1.11.0
- variable: settings.path
  default: /var/lib
`,
    expected: ['longhornio/longhorn-manager:v1.11.0'],
  },
];

describe('findSplitReferences', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const { fields } = findImageFields(given, { fileName: 'values.yaml' });
      assert.deepEqual(
        fields.map((field) => field.reference),
        expected,
      );
      assert.deepEqual(new Set(fields.map((field) => field.form)), new Set(['split']));
    });
  }

  it('says which part stands where', () => {
    const given = 'image: {registry: quay.io, repository: org/app, tag: 1.20, digest: ""}\n';
    const [field] = findImageFields(given, { fileName: 'values.yaml' }).fields;
    assert.equal(field?.pointer, '/image');
    assert.deepEqual(
      field.parts.map(({ role, value, start, end, style, pointer }) => ({
        role,
        value,
        written: given.slice(start, end),
        style,
        pointer,
      })),
      [
        {
          role: 'registry',
          value: 'quay.io',
          written: 'quay.io',
          style: 'plain',
          pointer: '/image/registry',
        },
        {
          role: 'repository',
          value: 'org/app',
          written: 'org/app',
          style: 'plain',
          pointer: '/image/repository',
        },
        { role: 'tag', value: '1.20', written: '1.20', style: 'plain', pointer: '/image/tag' },
        { role: 'digest', value: '', written: '', style: 'double', pointer: '/image/digest' },
      ],
    );
  });
});
