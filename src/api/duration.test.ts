import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

describe('durations', () => {
  const cases: readonly (readonly [text: string, ms: number | undefined])[] = [
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['750ms', 750],
    ['0s', 0],
    ['', undefined],
    ['5', undefined],
    ['-5m', undefined],
    ['1d', undefined],
    ['5m ', undefined],
    [`${'9'.repeat(30)}h`, undefined],
  ];
  for (const [text, ms] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), ms));
  }

  it('are written as Go writes them', () => {
    assert.deepEqual([0, 750, 1500, 300_000, 3_600_000].map(formatDuration), [
      '0s',
      '750ms',
      '1.5s',
      '5m0s',
      '1h0m0s',
    ]);
  });
});
