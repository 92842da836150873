import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseInstant } from './instant.ts';

const now = Date.UTC(2026, 10, 21, 12);

describe('a time on the command line', () => {
  const cases: readonly (readonly [text: string, expected: string])[] = [
    ['2026-11-03T08:00:00Z', '2026-11-03T08:00:00.000Z'],
    ['2026-11-03t08:00:00z', '2026-11-03T08:00:00.000Z'],
    ['2026-11-03 08:00:00.5+02:00', '2026-11-03T06:00:00.500Z'],
    ['2026-11-03', '2026-11-03T00:00:00.000Z'],
    ['90s', '2026-11-21T11:58:30.000Z'],
    ['90m', '2026-11-21T10:30:00.000Z'],
    ['2d', '2026-11-19T12:00:00.000Z'],
    ['now', '2026-11-21T12:00:00.000Z'],
    ['1w', '2026-11-14T12:00:00.000Z'],
  ];
  for (const [text, expected] of cases) {
    it(`${text} is ${expected}`, () =>
      assert.equal(new Date(parseInstant(text, now)).toISOString(), expected));
  }

  for (const text of [
    '',
    'yesterday',
    '2026-13-40',
    '2026-11-03T08:00:00',
    '-2d',
    '2 d',
    '9999999d',
    '2d2d',
  ]) {
    it(`${JSON.stringify(text)} is refused with a hint`, () => {
      assert.throws(() => parseInstant(text, now), { code: 'USAGE', hint: /how long ago/ });
    });
  }
});
