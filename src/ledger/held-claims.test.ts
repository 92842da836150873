import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeHeldClaims } from './held-claims.ts';

const held = (...keys: readonly (readonly [string, number])[]) => new Map(keys);

describe('claims that a replica holds', () => {
  it('are held until their time, and not a moment longer', () => {
    const claims = makeHeldClaims();
    assert.deepEqual(claims.renew(held(['a', 1]), 100, 10), { gained: ['a'], lost: [] });
    assert.equal(claims.holds('a', 99), true);
    assert.equal(claims.holds('a', 100), false);
    assert.equal(claims.holds('b', 50), false);
  });

  it('are lost when a turn does not tell of them, and gained anew in another stretch', () => {
    const claims = makeHeldClaims();
    claims.renew(held(['a', 1], ['b', 1], ['c', 1]), 100, 10);
    const changes = claims.renew(held(['b', 2], ['c', 1], ['d', 1]), 150, 50);
    assert.deepEqual(changes, { gained: ['b', 'd'], lost: ['a', 'b'] });
    assert.equal(claims.epochs.get('b'), 2);
  });

  it('are not gained by an answer that came when its time was over', () => {
    const claims = makeHeldClaims();
    claims.renew(held(['a', 1]), 100, 10);
    assert.deepEqual(claims.renew(held(['a', 1], ['b', 1]), 120, 130), { gained: [], lost: ['a'] });
    assert.equal(claims.holds('a', 110), false);
  });

  it('are forgotten one by one when they are given back, and all when time is over', () => {
    const claims = makeHeldClaims();
    claims.renew(held(['a', 1], ['b', 1]), 100, 10);
    claims.drop(['a']);
    assert.equal(claims.holds('a', 50), false);
    assert.deepEqual(claims.dropAll(), ['b']);
    assert.equal(claims.untilMs, Number.NEGATIVE_INFINITY);
  });
});
