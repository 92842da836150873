import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findViolation } from '../simulation/find-violation.ts';

const histories = 1_000_000;

/** Of replicas that share the work: each takes twice as long. */
const sharedHistories = 250_000;

/** Another stretch of seeds each day; the seed of a failure is in what is printed, and is kept as a test. */
const firstSeed = Math.floor(Date.now() / 86_400_000) * 1_000_003;

describe('a million histories of a policy', () => {
  it(`none goes back (seeds from ${firstSeed})`, () => {
    assert.equal(findViolation(firstSeed, histories), undefined);
  });

  it(`none of ${sharedHistories} in which replicas share goes back, and no two act at once`, () => {
    assert.equal(findViolation(firstSeed, sharedHistories, { sharing: {} }), undefined);
  });
});
