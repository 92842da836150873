import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { excessOf, lackingElsewhere, shareOf } from './claim-share.ts';

const live = (...lacking: readonly number[]) =>
  lacking.map((one, at) => ({ replica: `r${at}`, lacking: one }));

describe('shares of claims', () => {
  it('are all keys together, and differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat({ max: 1000 }), (count, keys) => {
        const replicas = live(...Array.from({ length: count }, () => 0));
        const shares = replicas.map(({ replica }) => shareOf(replica, replicas, keys));
        assert.equal(
          shares.reduce((sum, share) => sum + share, 0),
          keys,
        );
        assert.ok(Math.max(...shares) - Math.min(...shares) <= 1);
      }),
    );
  });

  it('are nothing for a replica that is not there', () => {
    assert.equal(shareOf('r9', live(0, 0), 10), 0);
  });

  it('count what others lack, not oneself', () => {
    assert.equal(lackingElsewhere('r1', live(2, 5, 1)), 3);
  });

  const cases: readonly {
    readonly name: string;
    readonly given: Parameters<typeof excessOf>[0];
    readonly expected: number;
  }[] = [
    {
      name: 'gives back what is above the share where others lack it',
      given: { held: 10, leaving: 0, share: 5, lackingElsewhere: 5 },
      expected: 5,
    },
    {
      name: 'gives back no more than others lack',
      given: { held: 10, leaving: 0, share: 5, lackingElsewhere: 2 },
      expected: 2,
    },
    {
      name: 'keeps all where nobody lacks anything',
      given: { held: 10, leaving: 0, share: 5, lackingElsewhere: 0 },
      expected: 0,
    },
    {
      name: 'counts what it is giving back already',
      given: { held: 10, leaving: 4, share: 5, lackingElsewhere: 5 },
      expected: 1,
    },
    {
      name: 'keeps its share',
      given: { held: 4, leaving: 0, share: 5, lackingElsewhere: 3 },
      expected: 0,
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => assert.equal(excessOf(given), expected));
  }
});
