import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseImagePolicy } from '../api/image-policy.ts';
import { parseImageRepository } from '../api/image-repository.ts';
import type { HygieneFacts } from './hygiene.ts';
import { inspectHygiene } from './inspect-hygiene.ts';
import type { ListHistory } from './read-history.ts';

const dayMs = 86_400_000;

const repository = (interval: string, rest: object = {}, status: object = {}) =>
  parseImageRepository({
    metadata: { namespace: 'apps', name: 'web' },
    spec: { image: 'ghcr.io/acme/web', interval, ...rest },
    status,
  });
const policy = parseImagePolicy({
  metadata: { namespace: 'apps', name: 'web' },
  spec: { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '*' } } },
  status: {},
});
const history = (part: Partial<ListHistory>): ReadonlyMap<string, ListHistory> =>
  new Map([
    [
      'apps/web',
      {
        scans: 1000,
        observedMs: 14 * dayMs,
        changes: 14,
        isWhole: true,
        pages: 10,
        tagCount: 9000,
        bytes: 90_000,
        families: [],
        ...part,
      },
    ],
  ]);
const facts = (part: Partial<HygieneFacts>): HygieneFacts => ({
  repositories: [repository('1m')],
  policies: [policy],
  automations: undefined,
  isWholeCluster: true,
  markers: undefined,
  noMarkers: 'no place was given to look for markers in',
  histories: new Map(),
  ...part,
});

describe('hygiene', () => {
  const cases: readonly { name: string; given: Partial<HygieneFacts>; expected: readonly string[] }[] = [
    { name: 'finds nothing where nothing is known', given: {}, expected: [] },
    {
      name: 'proposes an interval that leaves four scans to a usual change',
      given: { histories: history({}) },
      expected: [
        'ImageRepository apps/web is scanned 1,440 times a day, and its tags changed 14 times in 14 days; with interval 6h it would be 4 times a day, 14,360 list pages a day less',
      ],
    },
    {
      name: 'proposes a day at most, where nothing ever changed',
      given: { histories: history({ changes: 0 }) },
      expected: [
        'ImageRepository apps/web is scanned 1,440 times a day, and its tags did not change in 14 days; with interval 24h it would be once a day, 14,390 list pages a day less',
      ],
    },
    {
      name: 'says that there may be more changes than can be seen',
      given: { histories: history({ changes: 1, isWhole: false }) },
      expected: [
        'ImageRepository apps/web is scanned 1,440 times a day, and its tags changed at least once in 14 days; with interval 24h it would be once a day, 14,390 list pages a day less',
      ],
    },
    {
      name: 'proposes nothing for an interval that fits',
      given: { repositories: [repository('4h')], histories: history({}) },
      expected: [],
    },
    {
      name: 'proposes nothing from a day of history',
      given: { histories: history({ observedMs: dayMs, changes: 0 }) },
      expected: [],
    },
    {
      name: 'proposes nothing for what is suspended',
      given: { repositories: [repository('1m', { suspend: true })], histories: history({ changes: 0 }) },
      expected: [],
    },
    {
      name: 'proposes no exclusion of a few tags',
      given: {
        repositories: [repository('6h')],
        histories: history({ families: [{ pattern: '^pr[-_.]', tags: 99, bytes: 500, examples: ['pr-1'] }] }),
      },
      expected: [],
    },
    {
      name: 'proposes the exclusion of many, and says what it does not save',
      given: {
        repositories: [repository('6h')],
        histories: history({
          families: [{ pattern: '^pr[-_.]', tags: 8000, bytes: 56_000, examples: ['pr-1'] }],
        }),
      },
      expected: [
        "ImageRepository apps/web: excluding ^pr[-_.] would leave out 8,000 of 9,000 tags, which no policy can select, such as pr-1: 56 kB of 90 kB of names to weigh for each selection, 224 kB a day if each scan finds something new; the 10 pages of the registry's list stay",
      ],
    },
    {
      name: 'says of a list of one page that it stays',
      given: {
        repositories: [repository('6h')],
        histories: history({
          pages: 1,
          families: [{ pattern: '^pr[-_.]', tags: 8000, bytes: 56_000, examples: ['pr-1'] }],
        }),
      },
      expected: [
        "ImageRepository apps/web: excluding ^pr[-_.] would leave out 8,000 of 9,000 tags, which no policy can select, such as pr-1: 56 kB of 90 kB of names to weigh for each selection, 224 kB a day if each scan finds something new; the page of the registry's list stays",
      ],
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const { findings } = inspectHygiene(facts(given));
      assert.deepEqual(
        findings.map(({ message }) => message),
        expected,
      );
    });
  }

  const tooLittle: readonly { scans: number; observedMs: number; expected: string }[] = [
    { scans: 1, observedMs: dayMs, expected: 'the ledger has 1 scan of it over 1 day' },
    { scans: 7, observedMs: dayMs / 2, expected: 'the ledger has 7 scans of it over 0.5 days' },
  ];
  for (const { expected, ...part } of tooLittle) {
    it(`says that it is too little to go by: ${expected}`, () => {
      const { notKnown } = inspectHygiene(facts({ histories: history(part) }));
      const interval = notKnown.find(({ rule }) => rule === 'interval-outpaces-change');
      assert.equal(interval?.because, `${expected}, and fewer than 20 over 3 days say little`);
    });
  }

  const failed = [{ type: 'Ready', status: 'False', reason: 'AuthenticationFailed', message: 'no' }];
  const scanned = { lastScanResult: { tagCount: 3 } };
  const costs: readonly {
    name: string;
    spec: object;
    status: object;
    expected: string;
    isScanned: boolean;
  }[] = [
    { name: 'scans', spec: {}, status: {}, expected: 'it is scanned 1,440 times a day', isScanned: true },
    {
      name: 'fails after it once did not',
      spec: {},
      status: { conditions: failed, ...scanned },
      expected: 'it is scanned 1,440 times a day',
      isScanned: true,
    },
    {
      name: 'failed ever since',
      spec: {},
      status: { conditions: failed },
      expected: 'no scan of it has succeeded',
      isScanned: false,
    },
    {
      name: 'is stalled',
      spec: {},
      status: { conditions: [{ type: 'Stalled', status: 'True', reason: 'X', message: 'x' }], ...scanned },
      expected: 'it is stalled',
      isScanned: false,
    },
    {
      name: 'names no repository',
      spec: { image: 'https://ghcr.io/acme/web' },
      status: {},
      expected: 'its image is no repository',
      isScanned: false,
    },
    {
      name: 'cannot be read',
      spec: { interval: 'soon' },
      status: {},
      expected: 'its spec cannot be read',
      isScanned: false,
    },
    {
      name: 'is suspended',
      spec: { suspend: true },
      status: scanned,
      expected: 'it is suspended',
      isScanned: false,
    },
  ];
  for (const { name, spec, status, expected, isScanned } of costs) {
    it(`says what an unused repository costs that ${name}, and counts only what is scanned`, () => {
      const { findings, repositories } = inspectHygiene(
        facts({ repositories: [repository('1m', spec, status), repository('1m')], policies: [] }),
      );
      const unused = findings.filter(({ rule }) => rule === 'repository-unused');
      assert.equal(unused[0]?.message, `ImageRepository apps/web is selected from by no policy; ${expected}`);
      const isTwice = findings.some(({ rule }) => rule === 'repository-scanned-twice');
      assert.equal(isTwice, isScanned);
      assert.equal((repositories[0]?.scansPerDay ?? 0) > 0, isScanned);
    });
  }

  it('does not call unused what a policy that cannot be read may use', () => {
    const metadata = { namespace: 'apps', name: 'odd' };
    const unreadable = parseImagePolicy({ metadata, spec: {}, status: {} });
    const { findings, notKnown } = inspectHygiene(facts({ policies: [unreadable] }));
    assert.deepEqual(findings, []);
    const reason = notKnown.find(({ rule }) => rule === 'repository-unused')?.because;
    assert.equal(reason, 'ImagePolicy apps/odd, whose spec cannot be read, may use any');
  });

  it('does not call unused what it could not list', () => {
    const { findings, notKnown } = inspectHygiene(
      facts({ policies: undefined, markers: [], noMarkers: undefined }),
    );
    assert.deepEqual(findings, []);
    assert.ok(notKnown.some(({ rule }) => rule === 'policy-unused'));
    assert.ok(notKnown.some(({ rule }) => rule === 'repository-unused'));
  });
});
