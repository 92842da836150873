import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editAll } from '../../test/manifest-texts.ts';
import { parseDigest } from '../reference/digest.ts';
import { pinImageField, unpinImageField } from './edit-image-field.ts';
import { type FindingCase, testFindings, yaml } from './finding.fixture.ts';

const variable = (name: string, value: string): string =>
  `containers:\n- env:\n  - name: ${name}\n    value: ${JSON.stringify(value)}\n`;

const cases: readonly FindingCase[] = [
  {
    name: 'finds keyed references with commas between',
    given: variable('MODELS', 'x=ghcr.io/k/m1:v1,y=ghcr.io/k/m2:v1'),
    expected: ['ghcr.io/k/m1:v1', 'ghcr.io/k/m2:v1'],
  },
  {
    name: 'finds keyed references with semicolons between, one at the end too',
    given: variable('MODELS', 'a=ghcr.io/k/m1:v1;b=ghcr.io/k/m2:v1;'),
    expected: ['ghcr.io/k/m1:v1', 'ghcr.io/k/m2:v1'],
  },
  {
    name: 'finds references with white space between',
    given: variable('RELATED_IMAGES', 'ghcr.io/k/m1:v1 ghcr.io/k/m3:v1'),
    expected: ['ghcr.io/k/m1:v1', 'ghcr.io/k/m3:v1'],
  },
  {
    name: 'takes a tag or a host for enough where the key says image',
    given: variable('EXTRA_IMAGES', 'm1:v1, ghcr.io/k/m3'),
    expected: ['m1:v1', 'ghcr.io/k/m3'],
  },
  {
    name: 'finds keyed references over several lines with commas behind',
    given: yaml`
containers:
- env:
  - name: MODELS
    value: |
      x=ghcr.io/k/m1:v1,
      y=ghcr.io/k/m2:v1
`,
    expected: ['ghcr.io/k/m1:v1', 'ghcr.io/k/m2:v1'],
  },
  {
    name: 'finds none in prose, in options of a build, and where one item is something else',
    given:
      variable('TEXT', 'see ghcr.io/k/m1:v1 and more') +
      variable('CACHE', 'type=registry,ref=ghcr.io/k/m1:v1') +
      variable('HOSTS', 'a=ghcr.io/k/m1:v1,b=8080'),
    expected: [],
  },
  {
    name: 'finds what stands in for a variable that is not set',
    file: 'compose.yaml',
    given: 'services: {db: {image: "$' + '{DB_IMAGE:-postgres:15}"}, e: {image: "$' + '{E-redis}"}}\n',
    expected: ['postgres:15', 'redis'],
  },
  {
    name: 'finds the image of a flag, a single word too, and not that of any other assignment',
    given:
      'args: ["--webhook-image=busybox", "--init-image", "busybox", "MODE_IMAGE=thing", "--mode=busybox"]\n',
    expected: ['busybox', 'busybox'],
  },
  {
    name: 'finds what crane, skopeo and crictl copy and pull',
    given: yaml`
command:
- sh
- -c
- docker run --rm ghcr.io/k/run:v1.2 && crane copy ghcr.io/k/from:v1 x && skopeo copy docker://quay.io/a/s:v1 dir:x
- crictl pull quay.io/a/b:v1
`,
    expected: ['ghcr.io/k/run:v1.2', 'ghcr.io/k/from:v1', 'quay.io/a/s:v1', 'quay.io/a/b:v1'],
  },
];

testFindings('references within a string', cases);

describe('a reference within a string', () => {
  const digest = parseDigest(`sha256:${'1'.repeat(64)}`);
  const texts = [
    variable('MODELS', 'x=ghcr.io/k/m1:v1;y=ghcr.io/k/m2:v1'),
    variable('RELATED_IMAGES', 'ghcr.io/k/m1:v1 ghcr.io/k/m3:v1'),
    'image: $' + '{DB_IMAGE:-postgres:15}\n',
  ];
  for (const text of texts) {
    it(`is pinned in its place, and unpinned to the same text: ${text.trim().split('\n').at(-1)}`, () => {
      const pinned = editAll(text, 'values.yaml', (given, field) => pinImageField(given, field, digest));
      assert.equal(pinned.replaceAll(`@${digest}`, ''), text);
      assert.notEqual(pinned, text);
      assert.equal(editAll(pinned, 'values.yaml', unpinImageField), text);
    });
  }
});
