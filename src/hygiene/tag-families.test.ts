import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileExclusions } from '../policy/tag-filter.ts';
import { countFamilies, familiesOf } from './tag-families.ts';

describe('the families of a tag', () => {
  const cases: readonly { given: string; expected: readonly string[] }[] = [
    { given: 'v1.2.3', expected: [] },
    { given: '1.27.0-alpine', expected: ['-alpine$'] },
    { given: 'pr-311', expected: ['^pr[-_.]'] },
    { given: 'main-0c3d1f5-1700000000', expected: ['^main[-_.]'] },
    { given: '0c3d1f5', expected: ['^[0-9a-f]{7}$'] },
    {
      given: `sha256-${'a'.repeat(64)}.att`,
      expected: ['^sha256-[0-9a-f]{64}', '\\.att$'],
    },
  ];
  for (const { given, expected } of cases) {
    it(`of ${given.slice(0, 30)}`, () => assert.deepEqual(familiesOf(given), expected));
  }

  it('are exactly those whose pattern matches it', () => {
    const tag = fc.stringMatching(/^[a-z0-9]{1,8}([-_.][a-zA-Z0-9]{1,8}){0,3}(\.sig|\.att)?$/);
    fc.assert(
      fc.property(tag, tag, (one, other) => {
        for (const pattern of familiesOf(one)) {
          const isMatched = compileExclusions([pattern])(other) !== undefined;
          assert.equal(familiesOf(other).includes(pattern), isMatched, `${pattern} and ${other}`);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('counting families', () => {
  it('offers none that holds a tag somebody needs, whenever it came', () => {
    const counter = countFamilies();
    counter.add('rc-1', false);
    counter.add('pr-1', false);
    counter.add('pr-2', false);
    counter.add('rc-2', true);
    counter.add('rc-3', false);
    const { families, tags, bytes } = counter.outcome();
    assert.deepEqual(families, [{ pattern: '^pr[-_.]', tags: 2, bytes: 8, examples: ['pr-1', 'pr-2'] }]);
    assert.deepEqual([tags, bytes], [5, 20]);
  });

  it('leaves out only what no policy wants, whatever the tags', () => {
    const tag = fc.stringMatching(/^(pr|v|rc)?-?[0-9]{1,2}(-[a-c])?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(tag, fc.boolean()), { maxLength: 30 }), (given) => {
        const needed = new Map<string, boolean>();
        for (const [name, isNeeded] of given) needed.set(name, isNeeded || needed.get(name) === true);
        const counter = countFamilies();
        for (const [name, isNeeded] of needed) counter.add(name, isNeeded);
        for (const { pattern, tags } of counter.outcome().families) {
          const left = [...needed].filter(([name]) => compileExclusions([pattern])(name) !== undefined);
          assert.ok(left.every(([, isNeeded]) => !isNeeded));
          assert.equal(left.length, tags);
        }
      }),
      { numRuns: 300 },
    );
  });
});
