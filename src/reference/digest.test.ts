import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  digestAlgorithm,
  digestOf,
  matchesDigest,
  parseDigest,
  shortDigest,
  tryParseDigest,
} from './digest.ts';
import { ReferenceError } from './errors.ts';

const emptySha256 = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a digest', () => {
  const refused: readonly { name: string; given: string }[] = [
    { name: 'that is empty', given: '' },
    { name: 'without algorithm', given: 'a'.repeat(64) },
    { name: 'of another algorithm', given: `sha384:${'a'.repeat(96)}` },
    { name: 'in upper case', given: `sha256:${'A'.repeat(64)}` },
    { name: 'that is too short', given: `sha256:${'a'.repeat(63)}` },
    { name: 'that is too long', given: `sha256:${'a'.repeat(65)}` },
    { name: 'with the length of another algorithm', given: `sha512:${'a'.repeat(64)}` },
    { name: 'with a line break', given: `${emptySha256}\n` },
    { name: 'with a letter that is no hex digit', given: `sha256:${'g'.repeat(64)}` },
  ];
  for (const { name, given } of refused) {
    it(`is refused ${name}`, () => {
      assert.equal(tryParseDigest(given), undefined);
      assert.throws(
        () => parseDigest(given),
        (error) => error instanceof ReferenceError && error.code === 'DIGEST_INVALID',
      );
    });
  }

  it('is that of exactly the bytes', () => {
    assert.equal(digestOf(new Uint8Array()), emptySha256);
    assert.equal(digestAlgorithm(digestOf(new Uint8Array(), 'sha512')), 'sha512');
  });

  it('names its bytes and no others, by either algorithm', () => {
    const algorithm = fc.constantFrom('sha256' as const, 'sha512' as const);
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), algorithm, (bytes, others, wanted) => {
        const digest = digestOf(bytes, wanted);
        assert.equal(parseDigest(digest), digest);
        assert.equal(matchesDigest(bytes, digest), true);
        assert.equal(matchesDigest(others, digest), Buffer.compare(bytes, others) === 0);
      }),
      { numRuns: 200 },
    );
  });

  it('is shortened to twelve hex digits', () => {
    assert.equal(shortDigest(parseDigest(emptySha256)), 'sha256:e3b0c44298fc');
  });
});
