import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PolicyError } from './errors.ts';
import type { OrderSpec } from './order.ts';
import { makeRanking } from './ranking.ts';
import { makeSelector, type SelectionOutcome, type SelectionPolicy } from './select.ts';

const now = 1_000_000;

function select(policy: SelectionPolicy, tags: readonly string[], top = 1): SelectionOutcome {
  const selector = makeSelector(policy, { now, top });
  for (const tag of tags) selector.offer(tag);
  return selector.outcome();
}

type Row = {
  readonly name: string;
  readonly order: OrderSpec;
  readonly filter?: { readonly pattern: string; readonly extract: string };
  readonly tags: readonly string[];
  readonly selects: string | undefined;
};

const semver = (range: string): OrderSpec => ({ kind: 'semver', range });

const rows: readonly Row[] = [
  {
    name: 'the highest version in the range',
    order: semver('1.x'),
    tags: ['1.2.0', '1.10.0', '2.0.0'],
    selects: '1.10.0',
  },
  {
    name: 'no prerelease unless the range has one',
    order: semver('>=1'),
    tags: ['1.0.0', '2.0.0-rc.1'],
    selects: '1.0.0',
  },
  {
    name: 'prereleases of every version once the range has one',
    order: semver('>=1-0'),
    tags: ['1.0.0', '2.0.0-rc.1'],
    selects: '2.0.0-rc.1',
  },
  {
    name: 'no version with fewer than three parts',
    order: semver('*'),
    tags: ['3', '2.0', '1.0.0'],
    selects: '1.0.0',
  },
  {
    name: 'a version with leading zeros, as it is written',
    order: semver('*'),
    tags: ['2024.01.09', '2023.12.31'],
    selects: '2024.01.09',
  },
  {
    name: 'the tag with a v of two equal versions',
    order: semver('*'),
    tags: ['1.0.0', 'v1.0.0'],
    selects: 'v1.0.0',
  },
  { name: 'nothing where all lie outside', order: semver('>=9'), tags: ['1.0.0'], selects: undefined },
  {
    name: 'the greater of two numbers beyond a float',
    order: { kind: 'numerical', order: 'asc' },
    tags: ['9007199254740993', '9007199254740992'],
    selects: '9007199254740993',
  },
  {
    name: 'the least number descending',
    order: { kind: 'numerical', order: 'desc' },
    tags: ['2', '-1', '10'],
    selects: '-1',
  },
  {
    name: 'no infinity, exponent, hexadecimal or grouped number',
    order: { kind: 'numerical', order: 'asc' },
    tags: ['Inf', 'NaN', '1e9', '0xff', '1_000', '7'],
    selects: '7',
  },
  {
    name: 'the least text of equal numbers',
    order: { kind: 'numerical', order: 'asc' },
    tags: ['1', '1.0', '01'],
    selects: '01',
  },
  {
    name: 'the last by bytes',
    order: { kind: 'alphabetical', order: 'asc' },
    tags: ['Zeta', 'alpha', 'beta'],
    selects: 'beta',
  },
  {
    name: 'the first by bytes descending',
    order: { kind: 'alphabetical', order: 'desc' },
    tags: ['build-9', 'build-10'],
    selects: 'build-10',
  },
  {
    name: 'the latest date',
    order: { kind: 'calver', format: 'YYYY.0M.0D' },
    tags: ['2026.01.31', '2026.02.01', '2026.02.29', '2026.13.01', '2026.1.31'],
    selects: '2026.02.01',
  },
  {
    name: 'the greatest build number',
    order: { kind: 'build', prefix: 'v1.16-full' },
    tags: ['v1.16-full-build.99', 'v1.16-full-build.169', 'v1.17-full-build.400', 'v1.16-full-build.1x'],
    selects: 'v1.16-full-build.169',
  },
  {
    name: 'by what the filter extracts',
    order: { kind: 'numerical', order: 'asc' },
    filter: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '$ts' },
    tags: ['main-ff-9', 'main-aa-10', 'dev-aa-11'],
    selects: 'main-aa-10',
  },
  {
    name: 'the least tag of those with one extracted value',
    order: { kind: 'numerical', order: 'asc' },
    filter: { pattern: '^[a-z]+-([0-9]+)$', extract: '$1' },
    tags: ['b-1', 'a-1', 'c-1'],
    selects: 'a-1',
  },
];

describe('a selector', () => {
  for (const { name, order, filter, tags, selects } of rows) {
    it(`takes ${name}`, () => {
      const policy = filter === undefined ? { order } : { order, filter };
      assert.equal(select(policy, tags).selected?.tag, selects);
      assert.equal(select(policy, tags.toReversed()).selected?.tag, selects);
    });
  }

  it('says of each gate why a tag may not be chosen', () => {
    const selector = makeSelector(
      {
        order: semver('*'),
        exclude: ['^1\\.1'],
        skip: ['1.2.0'],
        holdBack: [
          { tag: '1.3.0', reason: 'leaks' },
          { tag: '1.4.0', reason: 'was over', expiresAt: now },
        ],
        minimumAgeMs: 1000,
        platforms: ['linux/amd64', 'linux/arm64'],
      },
      { now },
    );
    const old = { firstSeenAt: now - 1000 };
    const whole = { ...old, platforms: ['linux/amd64', 'linux/arm64'] };
    assert.equal(selector.offer('1.1.0', whole), 'is excluded by ^1\\.1');
    assert.equal(selector.offer('1.2.0', whole), 'is on the skip list');
    assert.equal(selector.offer('1.3.0', whole), 'is held back: leaks');
    assert.equal(selector.offer('1.4.0', whole), undefined);
    assert.equal(
      selector.offer('1.5.0', { ...whole, firstSeenAt: now - 999 }),
      'is younger than the minimum age',
    );
    assert.equal(selector.offer('1.6.0'), 'is not in the ledger, so nobody knows its age');
    assert.equal(selector.offer('1.7.0', old), 'has platforms that nobody knows');
    assert.equal(selector.offer('1.8.0', { ...old, platforms: ['linux/amd64'] }), 'lacks linux/arm64');
    assert.equal(selector.outcome().selected?.tag, '1.4.0');
  });

  it('tells of any tag why it was not chosen', () => {
    const explain = ['1.0.0', 'v1.2.0', '1.2.0', 'latest', '9.9.9'];
    const selector = makeSelector({ order: semver('*') }, { now, explain });
    for (const tag of ['1.0.0', '1.2.0', 'v1.2.0', 'latest']) selector.offer(tag);
    assert.deepEqual(
      selector.outcome().explanations.map(({ tag, reason }) => `${tag} ${reason}`),
      [
        '1.0.0 is outranked by v1.2.0',
        'v1.2.0 is selected',
        '1.2.0 ranks equal to v1.2.0, which is chosen by its bytes: of equal ranks the greatest value is taken',
        'latest is no semantic version',
        '9.9.9 is not among the tags',
      ],
    );
  });

  it('knows nothing of two tags that the ledger first saw together', () => {
    const ranking = makeRanking({ order: { kind: 'firstSeen' } });
    const [a, b] = [
      { tag: 'a', firstSeenAt: 1 },
      { tag: 'b', firstSeenAt: 2 },
    ];
    assert.equal(ranking.ranksAbove(b, a), true);
    assert.equal(ranking.ranksAbove(b, { ...a, firstSeenAt: 2 }), undefined);
    assert.equal(ranking.ranksAbove(b, { tag: 'a' }), undefined);
  });
});

const orders: readonly OrderSpec[] = [
  semver('>=0.0.0-0'),
  { kind: 'numerical', order: 'asc' },
  { kind: 'numerical', order: 'desc' },
  { kind: 'alphabetical', order: 'asc' },
  { kind: 'alphabetical', order: 'desc' },
  { kind: 'calver', format: 'YY.MM.MICRO' },
  { kind: 'build', prefix: '1' },
];

const anyTag = fc.oneof(
  fc.stringMatching(/^v?[0-2]\.[01]\.[0-2](-[a-b]\.[0-1])?$/),
  fc.stringMatching(/^0?[0-9]{1,3}(\.0)?$/),
  fc.stringMatching(/^1-build\.[0-9]{1,2}$/),
  fc.string({ maxLength: 12 }),
);
const anyTags = fc.array(anyTag, { maxLength: 30 });
const anyPolicy = fc.constantFrom(...orders).map((order): SelectionPolicy => ({ order }));
const runs = { numRuns: 300 };

describe('for any tags, a selection', () => {
  it('does not depend on the order they come in', () => {
    fc.assert(
      fc.property(anyPolicy, anyTags, fc.nat(), (policy, tags, turn) => {
        const turned = tags.map((_, at) => tags[(at * 7 + turn) % tags.length] ?? '');
        const same = tags.length % 7 === 0 ? tags.toReversed() : turned;
        assert.deepEqual(select(policy, same, 5).candidates, select(policy, tags, 5).candidates);
      }),
      runs,
    );
  });

  it('is one of them, and is not outranked by any', () => {
    fc.assert(
      fc.property(anyPolicy, anyTags, (policy, tags) => {
        const { selected } = select(policy, tags);
        if (selected === undefined) return;
        assert.ok(tags.includes(selected.tag));
        const ranking = makeRanking(policy);
        for (const tag of tags) assert.notEqual(ranking.ranksAbove({ tag }, selected), true);
      }),
      runs,
    );
  });

  it('is not moved by tags ranked below it', () => {
    fc.assert(
      fc.property(anyPolicy, anyTags, anyTag, (policy, tags, more) => {
        const before = select(policy, tags).selected;
        const after = select(policy, [...tags, more]).selected;
        assert.ok(after?.tag === before?.tag || after?.tag === more);
      }),
      runs,
    );
  });

  it('heads a list of the best, of which a shorter list is the beginning', () => {
    fc.assert(
      fc.property(anyPolicy, anyTags, fc.integer({ min: 1, max: 6 }), (policy, tags, top) => {
        const longer = select(policy, tags, top + 3).candidates;
        assert.deepEqual(select(policy, tags, top).candidates, longer.slice(0, top));
        assert.equal(new Set(longer.map(({ tag }) => tag)).size, longer.length);
      }),
      runs,
    );
  });

  it('names the same examples for a reason, in whatever order tags come', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', '1', '2')), (given) => {
        const words = [...new Set(given.filter((tag) => /[a-z]/.test(tag)))].sort().slice(0, 3);
        const { reasons } = select({ order: { kind: 'numerical', order: 'asc' } }, given);
        assert.deepEqual(reasons[0]?.examples ?? [], words);
      }),
    );
  });

  it('heads a long list of the best as it would a short one, each tag once, in rising and falling order', () => {
    const tags = Array.from({ length: 1000 }, (_, at) => String(at));
    const best = tags.toReversed();
    for (const given of [tags, best, [...tags, ...tags], [...best, ...best]]) {
      for (const top of [1, 2, 31, 32, 33, 500, 1000, 2000]) {
        const { candidates } = select({ order: { kind: 'numerical', order: 'asc' } }, given, top);
        assert.deepEqual(
          candidates.map(({ tag }) => tag),
          best.slice(0, top),
        );
      }
    }
  });

  it('fails with nothing but a PolicyError, whatever the pattern, range or tag', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.string({ maxLength: 20 }),
        anyTags,
        (text, extract, tags) => {
          const policies: readonly SelectionPolicy[] = [
            { order: semver(text) },
            { order: { kind: 'calver', format: text } },
            { order: semver('*'), filter: { pattern: text, extract }, exclude: [text] },
          ];
          for (const policy of policies) {
            try {
              select(policy, tags);
            } catch (error) {
              assert.ok(error instanceof PolicyError, String(error));
            }
          }
        },
      ),
      runs,
    );
  });
});

describe('hostile patterns', () => {
  const evil = `${'a'.repeat(120)}!`;
  for (const pattern of [
    '^(a+)+$',
    '^(a|aa)+$',
    '(.*)*x',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(a{0,30}){0,30}b',
  ]) {
    it(`take time in proportion to the tag: ${pattern}`, () => {
      // A backtracking engine would not end before the machine does.
      const tags = Array.from({ length: 200 }, (_, at) => `${evil}${at}`);
      const { considered } = select(
        { order: { kind: 'alphabetical', order: 'asc' }, filter: { pattern, extract: '$1' } },
        tags,
      );
      assert.equal(considered, 200);
    });
  }
});
