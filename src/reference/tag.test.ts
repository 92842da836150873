import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReferenceError } from './errors.ts';
import { isAttachmentTag, parseTag, tryParseTag } from './tag.ts';

describe('a tag', () => {
  for (const given of ['latest', 'v1.27.0-rc.1', '_', '0', 'A', 'a'.repeat(128), 'v1.0_build.7']) {
    it(`may be ${given.slice(0, 20)}`, () => assert.equal(parseTag(given), given));
  }

  for (const given of ['', '.a', '-a', 'a'.repeat(129), 'a b', 'a/b', 'a:b', 'a+b', 'a@b', 'ä', 'a\n', '*']) {
    it(`is never ${JSON.stringify(given.slice(0, 20))}`, () => {
      assert.equal(tryParseTag(given), undefined);
      assert.throws(
        () => parseTag(given),
        (error) => error instanceof ReferenceError && error.code === 'TAG_INVALID',
      );
    });
  }

  const hex = 'a'.repeat(64);
  const attachments: readonly { given: string; expected: boolean }[] = [
    { given: `sha256-${hex}`, expected: true },
    { given: `sha256-${hex}.sig`, expected: true },
    { given: `sha256-${hex}.att`, expected: true },
    { given: `sha512-${hex}${hex}`, expected: true },
    { given: `sha256-${hex}-build`, expected: false },
    { given: 'sha256-abc', expected: false },
    { given: 'v1.0', expected: false },
    { given: `v1-sha256-${hex}`, expected: false },
  ];
  for (const { given, expected } of attachments) {
    it(`${given.slice(0, 12)}…${given.slice(-6)} ${expected ? 'is' : 'is not'} how things are attached`, () => {
      assert.equal(isAttachmentTag(given), expected);
    });
  }
});
