import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findImageFields } from '../manifests/find-image-fields.ts';
import { meaningOf } from './lockable.ts';

const cases: readonly { name: string; given: string; expected: string }[] = [
  {
    name: 'a base image and the version beside it are one reference',
    given: 'spec: {baseImage: quay.io/a/b, version: v1}\n',
    expected: 'v1',
  },
  {
    name: 'a name beside a plain version is open',
    given: 'spec: {image: quay.io/a/b, version: v1}\n',
    expected: 'no-tag-here',
  },
  {
    name: 'a repository without a tag is open',
    given: 'image: {repository: quay.io/a/b}\n',
    expected: 'no-tag-here',
  },
  {
    name: 'a repository without a tag is open in a map within a string too',
    given: 'data:\n  values: \'{"image": {"repository": "quay.io/a/b", "tag": ""}}\'\n',
    expected: 'no-tag-here',
  },
  {
    name: 'a name whose hub is a variable is uncertain',
    given: 'hub: "$(HUB)"\nproxy: {image: proxyv2}\n',
    expected: 'uncertain',
  },
  {
    name: 'what Compose builds is uncertain',
    given: 'services: {web: {build: ., image: ghcr.io/x/b}}\n',
    expected: 'uncertain',
  },
  {
    name: 'a whole name without a tag is one',
    given: 'image: quay.io/a/b\n',
    expected: 'latest',
  },
];

describe('what a field means for a lock', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const meanings = findImageFields(given, { fileName: 'values.yaml' }).fields.map(meaningOf);
      assert.deepEqual(
        meanings.map((one) => (one.kind === 'none' ? one.because : (one.reference.tag ?? 'latest'))),
        [expected],
      );
    });
  }
});
