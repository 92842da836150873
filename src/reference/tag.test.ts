import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReferenceError } from './errors.ts';
import { findTagFault, isAttachmentTag, parseTag, tryParseTag } from './tag.ts';

describe('a tag', () => {
  for (const given of ['latest', 'v1.27.0-rc.1', '_', '0', 'A', 'a'.repeat(128), 'v1.0_build.7']) {
    it(`may be ${given.slice(0, 20)}`, () => {
      assert.equal(parseTag(given), given);
      assert.equal(findTagFault(given), undefined);
    });
  }

  for (const given of ['', '.a', '-a', 'a'.repeat(129), 'a b', 'a/b', 'a:b', 'a+b', 'a@b', 'ä', 'a\n', '*']) {
    it(`is never ${JSON.stringify(given.slice(0, 20))}`, () => {
      assert.equal(tryParseTag(given), undefined);
      assert.notEqual(findTagFault(given), undefined);
      assert.throws(
        () => parseTag(given),
        (error) => error instanceof ReferenceError && error.code === 'TAG_INVALID',
      );
    });
  }

  const faults: readonly { given: string; expected: string }[] = [
    { given: '', expected: 'is empty (no character)' },
    { given: '1.0.0 ', expected: 'has a space (character 6)' },
    { given: '1.0+build', expected: 'has + (character 4)' },
    { given: '../etc', expected: 'begins with . (character 1)' },
    { given: '-rf /', expected: 'begins with - (character 1)' },
    { given: 'a/b c', expected: 'has / (character 2)' },
    { given: '1.0\u001b[2J', expected: 'has a control character (character 4, U+001B)' },
    { given: '1.0\n', expected: 'has a control character (character 4, U+000A)' },
    { given: '\ufeff1.0', expected: 'has a character that is not ASCII (character 1, U+FEFF)' },
    { given: 'a😀', expected: 'has a character that is not ASCII (character 2, U+1F600)' },
    { given: 'a'.repeat(129), expected: 'has more than 128 characters (129 characters)' },
  ];
  for (const { given, expected } of faults) {
    it(`${JSON.stringify(given.slice(0, 20))} is none, for it ${expected}`, () => {
      const fault = findTagFault(given);
      assert.equal(`${fault?.what} (${fault?.where})`, expected);
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
