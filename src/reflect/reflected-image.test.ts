import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseReflectedImage } from './reflected-image.ts';

const digest = '0'.repeat(64);

const cases: readonly { readonly given: string; readonly expected: string }[] = [
  { given: 'alpine', expected: 'index.docker.io/library/alpine' },
  { given: 'docker.io/org/app', expected: 'index.docker.io/org/app' },
  { given: 'ghcr.io/org/app', expected: 'ghcr.io/org/app' },
  { given: 'localhost:5000/app', expected: 'localhost:5000/app' },
  {
    given: 'https://ghcr.io/a',
    expected: "image 'https://ghcr.io/a' should not include URL scheme; remove 'https://'",
  },
  { given: 'ghcr.io/app:1.0', expected: "image 'ghcr.io/app:1.0' should not include a tag; remove ':1.0'" },
  {
    given: 'localhost:5000/app:1.0',
    expected: "image 'localhost:5000/app:1.0' should not include a tag; remove ':1.0'",
  },
  {
    given: `ghcr.io/app@sha256:${digest}`,
    expected: `image 'ghcr.io/app@sha256:${digest}' should not include a tag; remove ':${digest}'`,
  },
  { given: 'ghcr.io/a', expected: 'could not parse reference: ghcr.io/a' },
  { given: 'a', expected: 'could not parse reference: a' },
  { given: 'docker.io/a', expected: 'could not parse reference: docker.io/a' },
  { given: 'ghcr.io/library/a', expected: 'ghcr.io/library/a' },
  { given: 'ab', expected: 'index.docker.io/library/ab' },
  { given: '', expected: 'could not parse reference: ' },
  { given: 'ghcr.io/Upper', expected: 'could not parse reference: ghcr.io/Upper' },
  { given: 'UPPER/x', expected: 'could not parse reference: UPPER/x' },
  { given: 'LOCALHOST/x', expected: 'could not parse reference: LOCALHOST/x' },
  { given: 'a/B', expected: 'could not parse reference: a/B' },
  { given: 'Foo.io/app', expected: 'Foo.io/app' },
  { given: 'localhost/app', expected: 'localhost/app' },
  { given: 'ghcr.io/a:b:c/d', expected: 'could not parse reference: ghcr.io/a:b:c/d' },
];

describe('spec.image', () => {
  for (const { given, expected } of cases) {
    it(`reads ${JSON.stringify(given)}`, () => {
      const image = parseReflectedImage(given);
      assert.equal('problem' in image ? image.problem : image.canonicalName, expected);
    });
  }
});
