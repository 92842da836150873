import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retrySuspect } from './suspect-scan.ts';

describe('a list that is not believed', () => {
  const failed = { kind: 'failed', error: new Error('no') } as const;
  for (const { name, believableAt, expected } of [
    {
      name: 'is read again half a minute later at the earliest, where a name contradicts it',
      believableAt: undefined,
      expected: { min: 30_000, max: Number.POSITIVE_INFINITY },
    },
    {
      name: 'is read again when it may be believed, whatever the back-off',
      believableAt: 301_000,
      expected: { min: 30_000, max: 300_000 },
    },
    {
      name: 'is read again half a minute later, where it may be believed at once',
      believableAt: 500,
      expected: { min: 30_000, max: 30_000 },
    },
  ]) {
    it(name, () => {
      assert.deepEqual(retrySuspect(failed, { believableAt }, 1000), { ...failed, waitMs: expected });
    });
  }
});
