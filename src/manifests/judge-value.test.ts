import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findImageFields } from './find-image-fields.ts';
import { yaml } from './finding.fixture.ts';

const cases: readonly { name: string; file?: string; given: string; expected: readonly string[] }[] = [
  {
    name: 'takes the image of a Compose service that is built for possible only',
    file: 'compose.yaml',
    given: yaml`
services:
  web: {build: ., image: ghcr.io/x/b}
  api: {build: {context: api}, image: ghcr.io/x/c:v1}
  own: {build: ., image: "%{IMAGE:-ghcr.io/x/d:v1}"}
  db: {image: postgres:16}
`.replace('%', '$'),
    expected: [
      'ghcr.io/x/b possible',
      'ghcr.io/x/c:v1 possible',
      'ghcr.io/x/d:v1 possible',
      'postgres:16 likely',
    ],
  },
  {
    name: 'takes what skaffold and other builds make for possible only',
    given: yaml`
apiVersion: skaffold/v4beta1
kind: Config
build:
  artifacts:
  - image: gcr.io/k8s-skaffold/web
---
apiVersion: shipwright.io/v1beta1
kind: Build
spec: {output: {image: registry.example.com/team/app:latest}}
`,
    expected: ['gcr.io/k8s-skaffold/web possible', 'registry.example.com/team/app:latest possible'],
  },
  {
    name: 'takes one word for an image where a chart or a flag says so, and is less sure in other places',
    given: yaml`
initImage: "busybox"
helper: {waitImage: alpine}
baseImage: nginx
---
apiVersion: x.example.com/v1
kind: Thing
spec: {toolImage: ubuntu}
`,
    expected: ['busybox likely', 'alpine likely', 'nginx possible', 'ubuntu possible'],
  },
  {
    name: 'takes no word that is to be replaced',
    given: yaml`
containers: [{image: xxx}, {image: TODO}, {image: "registry.example.com/xxx:v1"}, {image: change-me}]
`,
    expected: [],
  },
];

describe('how sure a value is an image', () => {
  for (const { name, file, given, expected } of cases) {
    it(name, () => {
      const { fields } = findImageFields(given, { fileName: file ?? 'values.yaml' });
      assert.deepEqual(
        fields.map(({ reference, confidence }) => `${reference} ${confidence}`),
        expected,
      );
    });
  }
});
