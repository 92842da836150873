import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decidePolicy } from '../src/reflect/decide-policy.ts';
import { findViolation } from './simulation/find-violation.ts';
import { type HistoryOptions, playHistory } from './simulation/history.ts';
import { regressionSeeds } from './simulation/regression-seeds.ts';
import type { SharedWorkRules } from './simulation/shared-work.ts';

const histories = 20_000;

/** Each takes twice as long. */
const sharedHistories = 5000;

/** Ways to break the engine, each of which the simulation must find. */
const mutants: readonly { readonly name: string; readonly options: HistoryOptions }[] = [
  {
    name: 'believes that a tag which a list lacks is gone, without asking by name',
    options: {
      decide: (observed) =>
        decidePolicy({
          ...observed,
          asked: new Map(
            [observed.published, observed.recorded].map((known) => [known?.tag ?? '', 'absent']),
          ),
        }),
    },
  },
  {
    name: "looks at its own ledger only, not at the object's status",
    options: {
      decide: (observed) => decidePolicy({ ...observed, published: undefined }),
    },
  },
  {
    name: 'takes every reconcile for a changed policy',
    options: {
      decide: (observed) =>
        decidePolicy({
          ...observed,
          published: observed.published && { ...observed.published, policy: 'another' },
          recorded: undefined,
        }),
    },
  },
  {
    name: 'ranks whatever is offered above what is held',
    options: {
      decide: (observed) => decidePolicy({ ...observed, ranking: { ranksAbove: () => true } }),
    },
  },
  { name: 'writes a status without comparing what it replaces', options: { comparesAndSets: false } },
  {
    name: 'never moves at all',
    options: { decide: (observed) => ({ ...decidePolicy(observed), actions: [] }) },
  },
];

/** Ways to break the sharing of work, each of which the simulation must find. */
const sharingMutants: readonly { readonly name: string; readonly sharing: SharedWorkRules }[] = [
  { name: 'believes in its claims until it is told otherwise', sharing: { believesForGood: true } },
  { name: 'counts the time of its claims from the answer', sharing: { countsFromAnswer: true } },
  { name: 'writes to the ledger under a claim that it lost', sharing: { writesUnfenced: true } },
  { name: 'takes what another holds', sharing: { takesWhatIsHeld: true } },
];

describe('histories of a policy that replicas share, late, cut off and killed', () => {
  it(`in none of ${sharedHistories} do two act at once, and none goes back`, () => {
    assert.equal(findViolation(1, sharedHistories, { sharing: {} }), undefined);
  });

  for (const { name, sharing } of sharingMutants) {
    it(`finds a replica that ${name}`, () => {
      assert.notEqual(findViolation(1, histories, { sharing }), undefined);
    });
  }

  it('finds an engine that looks at its own ledger only', () => {
    const options: HistoryOptions = {
      sharing: {},
      decide: (observed) => decidePolicy({ ...observed, published: undefined }),
    };
    assert.notEqual(findViolation(1, histories, options), undefined);
  });
});

describe('histories of a policy that asks for a minimum age, from time to time', () => {
  const minimumAgeMs = 3000;

  it(`none of ${histories} goes back, or refuses what is only too young`, () => {
    assert.equal(findViolation(1, histories, { minimumAgeMs }), undefined);
  });

  it('finds an engine that takes what is too young for gone', () => {
    const decide: HistoryOptions['decide'] = (observed) => decidePolicy({ ...observed, waiting: undefined });
    assert.notEqual(findViolation(1, histories, { minimumAgeMs, decide }), undefined);
  });
});

describe('histories of a policy whose registry lies, whose replicas die and whose writes are lost', () => {
  it(`none of ${histories} goes back, and each comes to rest at the best tag`, () => {
    assert.equal(findViolation(1, histories), undefined);
  });

  it('those that once failed do not', () => {
    for (const seed of regressionSeeds) assert.equal(playHistory(seed), undefined);
  });

  for (const { name, options } of mutants) {
    it(`finds an engine that ${name}`, () => {
      assert.notEqual(findViolation(1, histories, options), undefined);
    });
  }

  it('plays the same history for the same seed', () => {
    const options = { comparesAndSets: false };
    const violation = findViolation(1, histories, options);
    assert.deepEqual(playHistory(violation?.seed ?? 0, options), violation);
  });
});
