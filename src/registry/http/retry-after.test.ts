import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRetryAfter } from './retry-after.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);

const cases: readonly { name: string; given: string | undefined; expected: number | undefined }[] = [
  { name: 'nothing', given: undefined, expected: undefined },
  { name: 'seconds', given: '120', expected: 120_000 },
  { name: 'no time at all', given: '0', expected: 0 },
  { name: 'parts of a second', given: '1.5', expected: 1500 },
  { name: 'space around it', given: ' 5 ', expected: 5000 },
  { name: 'an HTTP date', given: 'Sat, 21 Nov 2026 12:01:00 GMT', expected: 60_000 },
  { name: 'an HTTP date gone by', given: 'Sat, 21 Nov 2026 11:00:00 GMT', expected: 0 },
  { name: 'an epoch in seconds', given: String(now / 1000 + 30), expected: 30_000 },
  { name: 'an epoch in milliseconds', given: String(now + 30_000), expected: 30_000 },
  { name: 'an epoch gone by', given: '1700000000', expected: 0 },
  { name: 'a negative number', given: '-5', expected: undefined },
  { name: 'a word', given: 'later', expected: undefined },
  { name: 'a number beyond all measure', given: '9'.repeat(400), expected: undefined },
];

describe('parseRetryAfter', () => {
  for (const { name, given, expected } of cases) {
    it(`reads ${name}`, () => assert.equal(parseRetryAfter(given, now), expected));
  }
});
