import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkWatchPattern, matchesWatch } from './watch.ts';

describe('a watched pattern', () => {
  const cases: readonly (readonly [pattern: string, tag: string, expected: boolean])[] = [
    ['latest', 'latest', true],
    ['latest', 'latest-1', false],
    ['v1.*', 'v1.16', true],
    ['v1.*', 'v11', false],
    ['*-full', 'v1.16-4.11-full', true],
    ['*-full', 'v1-full-build.2', false],
    ['v?.*', 'v2.0', true],
    ['v?.*', 'v20.0', false],
    ['*', 'x', true],
    ['**', '', true],
    ['?', '', false],
    ['a*b*c', 'a-b-b-c', true],
  ];
  for (const [pattern, tag, expected] of cases) {
    it(`${pattern} ${expected ? 'takes' : 'leaves'} ${JSON.stringify(tag)}`, () => {
      assert.equal(matchesWatch(pattern, tag), expected);
    });
  }

  it('means what the same regular expression means', () => {
    const text = (letters: string[]) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 8 });
    fc.assert(
      fc.property(text(['a', 'b', '*', '?']), text(['a', 'b']), (pattern, tag) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        assert.equal(matchesWatch(pattern, tag), expression.test(tag.replaceAll('?', '.')));
      }),
      { numRuns: 500 },
    );
  });

  it('is refused where it can match no tag', () => {
    for (const pattern of ['', 'a b', 'x'.repeat(129), 'v1/*', '[ab]']) {
      assert.throws(() => checkWatchPattern(pattern), { code: 'WATCH_INVALID' });
    }
    checkWatchPattern('v1.16-*');
  });
});
