import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { goQuote } from './go-quote.ts';

const table: readonly { readonly given: string; readonly expected: string }[] = [
  { given: '>=1.0 é😀', expected: '">=1.0 é😀"' },
  { given: '"\\', expected: '"\\"\\\\"' },
  { given: '\u0007\b\f\n\r\t\v', expected: '"\\a\\b\\f\\n\\r\\t\\v"' },
  { given: '\u0000\u001b\u007f', expected: '"\\x00\\x1b\\x7f"' },
  { given: '\u0085\u00a0\u3000\ufeff', expected: '"\\u0085\\u00a0\\u3000\\ufeff"' },
  { given: '\u{e0001}', expected: '"\\U000e0001"' },
];

describe('a text in quotes', () => {
  for (const { given, expected } of table) {
    it(`is written as Go writes it: ${expected}`, () => assert.equal(goQuote(given), expected));
  }
});
