import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Reason } from './rejections.ts';
import { makeSelector, type SelectionPolicy } from './select.ts';
import { followRejections, followStanding, type Standing, standingOf } from './standing.ts';

const policies: readonly SelectionPolicy[] = [
  { order: { kind: 'semver', range: '>=1.0.0' } },
  { order: { kind: 'semver', range: '^1.x-0 || ~2.1' }, skip: ['1.1.1'] },
  { order: { kind: 'numerical', order: 'asc' } },
  { order: { kind: 'numerical', order: 'desc' }, filter: { pattern: '^b-([0-9]+)$', extract: '$1' } },
  { order: { kind: 'alphabetical', order: 'asc' } },
  { order: { kind: 'alphabetical', order: 'desc' }, filter: { pattern: '^[ab]', extract: '' } },
  { order: { kind: 'numerical', order: 'asc' }, filter: { pattern: '^(?:a|b)-0*([0-9]+)', extract: '$1' } },
  { order: { kind: 'build', prefix: 'a' } },
  { order: { kind: 'calver', format: 'YYYY.MM' }, exclude: ['3$'] },
];

/** Few numbers, so that ranks tie and tags come and go. */
const number = fc.integer({ min: 0, max: 3 });
const tag = fc.oneof(
  fc.tuple(number, number, number).map((parts) => parts.join('.')),
  fc.tuple(number, number, number).map((parts) => `v${parts.join('.')}-rc.1`),
  fc.tuple(fc.constantFrom('a', 'b', 'c'), number).map((parts) => parts.join('-')),
  fc.tuple(fc.constantFrom('', '0', '00'), number).map((parts) => parts.join('')),
  number.map((build) => `a-build.${build}`),
  number.map((month) => `2024.${month}`),
);
const lists = fc.array(fc.uniqueArray(tag, { maxLength: 12 }), { minLength: 2, maxLength: 8 });

describe('a selection that follows the changes of its list', () => {
  it('is the selection from the whole list, whatever the policy, the lists and their order', () => {
    let followed = 0;
    fc.assert(
      fc.property(fc.constantFrom(...policies), lists, (policy, [first = [], ...later]) => {
        let [list, standing] = [first, elect(policy, first)];
        for (const next of later) {
          const appeared = next.filter((one) => !list.includes(one));
          const gone = list.filter((one) => !next.includes(one));
          const whole = elect(policy, next);
          const after = followStanding(policy, standing, { appeared, gone });
          if (after !== undefined) {
            followed += 1;
            assert.deepEqual(after, whole);
          }
          [list, standing] = [next, whole];
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(followed > 300, `only ${followed} changes were followed`);
  });

  it('knows what stands against each tag as the whole list does, where none is chosen', () => {
    const told = ({ reason, count, examples: [example] }: Reason) => ({ reason, count, example });
    let followed = 0;
    const reasonsOf = (policy: SelectionPolicy, list: readonly string[]) => {
      const selector = makeSelector(policy, { now: 0 });
      for (const one of list) selector.offer(one);
      return selector.outcome().reasons;
    };
    fc.assert(
      fc.property(fc.constantFrom(...policies), lists, (policy, [first = [], ...later]) => {
        let [list, reasons] = [first, reasonsOf(policy, first)];
        for (const next of later) {
          const appeared = next.filter((one) => !list.includes(one));
          const gone = list.filter((one) => !next.includes(one));
          const whole = reasonsOf(policy, next);
          const after = followRejections(policy, reasons, { appeared, gone });
          if (after !== undefined) {
            followed += 1;
            assert.deepEqual(after.map(told), whole.map(told));
          }
          [list, reasons] = [next, after ?? whole];
        }
      }),
      { numRuns: 300 },
    );
    assert.ok(followed > 300, `only ${followed} changes were followed`);
  });

  it('is made anew where the best tag is gone', () => {
    const policy: SelectionPolicy = { order: { kind: 'alphabetical', order: 'asc' } };
    assert.equal(
      followStanding(policy, elect(policy, ['a', 'b']), { appeared: ['c'], gone: ['b'] }),
      undefined,
    );
  });

  const more: readonly { readonly name: string; readonly policy: SelectionPolicy }[] = [
    { name: 'a minimum age', policy: { order: { kind: 'semver', range: '*' }, minimumAgeMs: 1 } },
    { name: 'platforms', policy: { order: { kind: 'semver', range: '*' }, platforms: ['linux/arm64'] } },
    { name: 'the ledger', policy: { order: { kind: 'firstSeen' } } },
    {
      name: 'holds',
      policy: { order: { kind: 'semver', range: '*' }, holdBack: [{ tag: 'a', reason: 'b' }] },
    },
  ];
  for (const { name, policy } of more) {
    it(`is made anew where a policy judges by ${name}`, () => {
      const nothing: Standing = { best: undefined, matched: 0, filtered: 0 };
      assert.equal(followStanding(policy, nothing, { appeared: ['1.0.0'], gone: [] }), undefined);
    });
  }
});

function elect(policy: SelectionPolicy, tags: readonly string[]): Standing {
  const selector = makeSelector(policy, { now: 0 });
  for (const one of tags) selector.offer(one);
  return standingOf(selector.outcome());
}
