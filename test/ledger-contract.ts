import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { observationsOf } from '../src/ledger/history.ts';
import type { Observation, Sighting } from '../src/ledger/ledger.ts';
import type { NextSelection, SelectionOutcome } from '../src/ledger/selection.ts';
import { type Digest, digestOf } from '../src/reference/digest.ts';
import { parseRepository, type Repository } from '../src/reference/repository.ts';
import { parseTag } from '../src/reference/tag.ts';
import { freshRepository, type OpenedLedger } from './opened-ledger.ts';
import { scanContract } from './scan-contract.ts';

export const digests = {
  a: digestOf(Buffer.from('a')),
  b: digestOf(Buffer.from('b')),
  c: digestOf(Buffer.from('c')),
  long: digestOf(Buffer.from('long'), 'sha512'),
} as const satisfies Record<string, Digest>;

const tag = parseTag('1.0');

/** Everything a ledger promises, on one implementation. */
export function ledgerContract(name: string, open: () => Promise<OpenedLedger>): void {
  describe(`the ledger in ${name}`, () => {
    let opened: OpenedLedger;
    before(async () => {
      opened = await open();
    });
    after(() => opened.close());
    observations(() => opened);
    relations(() => opened);
    selections(() => opened);
    watches(() => opened);
    scanContract(() => opened);
  });
}

type Look = readonly [observedAt: number, digest: keyof typeof digests, source?: Sighting['source']];

function sightings(repository: Repository, looks: readonly Look[]): readonly Sighting[] {
  return looks.map(([observedAt, digest, source = 'scan']) => ({
    repository,
    tag,
    digest: digests[digest],
    observedAt,
    source,
  }));
}

function observations(opened: () => OpenedLedger): void {
  const histories: readonly {
    readonly name: string;
    readonly batches: readonly (readonly Look[])[];
    /** Tag's history as `digest firstSeenAt-lastSeenAt source`. */
    readonly expected: readonly string[];
    /** Moves answered by each batch, `from>to`. */
    readonly moves: readonly (readonly string[])[];
  }[] = [
    { name: 'knows nothing of a tag nobody saw', batches: [], expected: [], moves: [] },
    {
      name: 'extends an observation by later looks, and by an earlier one that comes late',
      batches: [[[20, 'a']], [[30, 'a']], [[10, 'a', 'lock']]],
      expected: ['a 10-30 lock'],
      moves: [[], [], []],
    },
    {
      name: 'keeps the first-seen time when a tag moves away and back',
      batches: [[[10, 'a']], [[20, 'b']], [[30, 'a']]],
      expected: ['a 10-10 scan', 'b 20-20 scan', 'a 30-30 scan'],
      moves: [[], ['a>b'], ['b>a']],
    },
    {
      name: 'splits a stretch that a late sighting contradicts, at the looks it knows',
      batches: [
        [
          [10, 'a'],
          [20, 'a'],
          [30, 'a'],
        ],
        [[25, 'b']],
      ],
      expected: ['a 10-20 scan', 'b 25-25 scan', 'a 30-30 scan'],
      moves: [[], ['a>b', 'b>a']],
    },
    {
      name: 'does not tell of a move again that a late sighting only sharpens',
      batches: [[[10, 'a']], [[30, 'b']], [[20, 'b']]],
      expected: ['a 10-10 scan', 'b 20-30 scan'],
      moves: [[], ['a>b'], []],
    },
    {
      name: 'takes the same sighting twice as once',
      batches: [[[10, 'a']], [[10, 'a']]],
      expected: ['a 10-10 scan'],
      moves: [[], []],
    },
    {
      name: 'puts sightings by a clock that went back where they belong',
      batches: [[[100, 'a']], [[50, 'b']]],
      expected: ['b 50-50 scan', 'a 100-100 scan'],
      moves: [[], ['b>a']],
    },
    {
      name: 'sees no move in what pods hold',
      batches: [[[10, 'b']], [[20, 'a', 'pod']], [[30, 'b']], [[40, 'a', 'node']]],
      expected: ['b 10-30 scan', 'a 20-40 pod'],
      moves: [[], [], [], []],
    },
    {
      name: 'keeps digests of either algorithm',
      batches: [[[10, 'long']]],
      expected: ['long 10-10 scan'],
      moves: [[]],
    },
  ];
  for (const { name, batches, expected, moves } of histories) {
    it(name, async () => {
      const repository = freshRepository();
      const { ledger } = opened();
      for (const [index, batch] of batches.entries()) {
        const revealed = await ledger.recordSightings(sightings(repository, batch));
        assert.deepEqual(
          revealed.map((move) => `${letter(move.from)}>${letter(move.to)}`),
          moves[index],
        );
      }
      assert.deepEqual((await ledger.listObservations(repository, tag)).map(inWords), expected);
    });
  }

  it('has the same history in any order and in any batches', async () => {
    const look = fc.tuple(
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom('a', 'b', 'c' as const),
      fc.constantFrom('scan', 'resolve', 'pod', 'import' as const),
    );
    const batches = fc.array(fc.array(look, { maxLength: 4 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(batches, async (given) => {
        const repository = freshRepository();
        const all = given.map((batch) => sightings(repository, batch as readonly Look[]));
        for (const batch of all) await opened().ledger.recordSightings(batch);
        assert.deepEqual(
          await opened().ledger.listObservations(repository, tag),
          observationsOf(all.flat().toReversed()),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('keeps tags and repositories apart, and many of them in one batch', async () => {
    const repository = freshRepository();
    const other = freshRepository();
    const many = Array.from({ length: 500 }, (_, index) => ({
      repository: index % 2 === 0 ? repository : other,
      tag: parseTag(`v${index}`),
      digest: digestOf(Buffer.from(`${index}`)),
      observedAt: index,
      source: 'import' as const,
    }));
    await opened().ledger.recordSightings(many);
    const found = await opened().ledger.listObservations(other, parseTag('v301'));
    assert.deepEqual(
      found.map((one) => one.digest),
      [digestOf(Buffer.from('301'))],
    );
    assert.deepEqual(await opened().ledger.listObservations(repository, parseTag('v301')), []);
  });

  it('keeps a history of more looks than it keeps looks', async () => {
    const repository = freshRepository();
    const looks = Array.from({ length: 1000 }, (_, index): Look => [index, index < 500 ? 'a' : 'b']);
    for (let start = 0; start < looks.length; start += 100) {
      await opened().ledger.recordSightings(sightings(repository, looks.slice(start, start + 100)));
    }
    const found = await opened().ledger.listObservations(repository, tag);
    assert.deepEqual(found.map(inWords), ['a 0-499 scan', 'b 500-999 scan']);
  });

  it('refuses an instant that is none, and records nothing of the batch', async () => {
    const repository = freshRepository();
    for (const wrong of [Number.NaN, -1, 1.5, 9e15]) {
      await assert.rejects(
        opened().ledger.recordSightings(
          sightings(repository, [
            [10, 'a'],
            [wrong, 'b'],
          ]),
        ),
        { code: 'LEDGER_REFUSED' },
      );
    }
    assert.deepEqual(await opened().ledger.listObservations(repository, tag), []);
  });

  it('shows what another connection recorded, and takes from both at once', async () => {
    const repository = freshRepository();
    const second = await opened().reopen();
    try {
      const at = (start: number): readonly Look[] =>
        Array.from({ length: 20 }, (_, index): Look => [start + index * 2, start === 0 ? 'a' : 'b']);
      await Promise.all([
        ...at(0).map((look) => opened().ledger.recordSightings(sightings(repository, [look]))),
        ...at(100).map((look) => second.recordSightings(sightings(repository, [look]))),
      ]);
      const expected = ['a 0-38 scan', 'b 100-138 scan'];
      assert.deepEqual((await second.listObservations(repository, tag)).map(inWords), expected);
      assert.deepEqual((await opened().ledger.listObservations(repository, tag)).map(inWords), expected);
    } finally {
      await second.close();
    }
  });
}

function relations(opened: () => OpenedLedger): void {
  const digest = (text: string): Digest => digestOf(Buffer.from(text));

  it('relates index, platform manifest and config, upwards and downwards', async () => {
    const { ledger } = opened();
    await ledger.recordIndex({
      digest: digest('index'),
      children: [
        { digest: digest('amd64'), platform: 'linux/amd64', config: digest('amd64 config') },
        { digest: digest('arm64'), platform: 'linux/arm64/v8' },
      ],
    });
    const words = async (text: string): Promise<readonly string[]> =>
      (await ledger.findRelated(digest(text))).map(
        ({ relation, digest: found, platform }) =>
          `${relation} ${['index', 'amd64', 'amd64 config', 'arm64'].find((one) => digest(one) === found)} ${platform ?? '-'}`,
      );
    assert.deepEqual((await words('index')).toSorted(), [
      'part amd64 config linux/amd64',
      'part amd64 linux/amd64',
      'part arm64 linux/arm64/v8',
    ]);
    assert.deepEqual(await words('arm64'), ['holder index -']);
    assert.deepEqual((await words('amd64 config')).toSorted(), ['holder amd64 -', 'holder index -']);
  });

  it('knows nothing of a digest it never saw', async () => {
    assert.deepEqual(await opened().ledger.findRelated(digest('never seen')), []);
  });

  it('ends in a circle that somebody recorded', async () => {
    const { ledger } = opened();
    await ledger.recordIndex({ digest: digest('x'), children: [{ digest: digest('y') }] });
    await ledger.recordIndex({ digest: digest('y'), children: [{ digest: digest('x') }] });
    assert.equal(
      (await ledger.findRelated(digest('x'))).some((one) => one.digest === digest('y')),
      true,
    );
  });
}

function selections(opened: () => OpenedLedger): void {
  const choice = (name: string, text: string): NextSelection => ({
    name,
    repository: parseRepository('registry.test/team/selected'),
    tag: parseTag(text),
    digest: digests.a,
    policy: 'semver >=1.0',
    selectedAt: 10,
    selectedBy: 'holdfast',
    reason: undefined,
  });

  it('advances a selection only for whoever knows the one it replaces', async () => {
    const { ledger } = opened();
    const name = `flux-system/app-${freshRepository().path}`;
    assert.equal(await ledger.findSelection(name), undefined);
    const first = await ledger.advanceSelection(undefined, choice(name, '1.0'));
    const second = await ledger.advanceSelection(selectionOf(first), {
      ...choice(name, '1.1'),
      digest: undefined,
      reason: 'asked for',
    });
    assert.equal(selectionOf(second)?.revision, 2);
    assert.deepEqual(await ledger.findSelection(name), selectionOf(second));
    for (const stale of [undefined, selectionOf(first)]) {
      const refused = await ledger.advanceSelection(stale, choice(name, '9.9'));
      assert.deepEqual(refused, { kind: 'stale', current: selectionOf(second) });
    }
    assert.equal((await ledger.findSelection(name))?.tag, '1.1');
  });

  it('lets one of two that advance at the same moment through', async () => {
    const name = `flux-system/race-${freshRepository().path}`;
    const second = await opened().reopen();
    try {
      const outcomes = await Promise.all([
        opened().ledger.advanceSelection(undefined, choice(name, '1.0')),
        second.advanceSelection(undefined, choice(name, '2.0')),
      ]);
      assert.deepEqual(outcomes.map((one) => one.kind).toSorted(), ['advanced', 'stale']);
    } finally {
      await second.close();
    }
  });

  renamedSelections(opened, choice);
}

function renamedSelections(
  opened: () => OpenedLedger,
  choice: (name: string, tag: string) => NextSelection,
): void {
  it('gives a selection another name with all it was, once', async () => {
    const { ledger } = opened();
    const name = `flux-system/app-${freshRepository().path}`;
    const first = selectionOf(await ledger.advanceSelection(undefined, choice(name, '1.0')));
    await ledger.advanceSelection(first, choice(name, '1.1'));
    const renamed = await ledger.renameSelection(name, `one/${name}`);
    assert.partialDeepStrictEqual(renamed, { name: `one/${name}`, tag: '1.1', revision: 2 });
    assert.equal(await ledger.findSelection(name), undefined);
    assert.equal(await ledger.renameSelection(name, `two/${name}`), undefined, 'the second finds nothing');
    assert.deepEqual(await ledger.findSelection(`one/${name}`), renamed);
  });

  it('keeps what has the new name already', async () => {
    const { ledger } = opened();
    const name = `flux-system/app-${freshRepository().path}`;
    await ledger.advanceSelection(undefined, choice(name, '1.0'));
    await ledger.advanceSelection(undefined, choice(`one/${name}`, '2.0'));
    assert.equal((await ledger.renameSelection(name, `one/${name}`))?.tag, '2.0');
    assert.equal((await ledger.findSelection(name))?.tag, '1.0');
  });
}

function watches(opened: () => OpenedLedger): void {
  it('finds repositories by how their names end, and nothing that only looks so', async () => {
    const { ledger } = opened();
    const { path } = freshRepository();
    for (const registry of ['b.own', 'a.own', 'a_own', 'aXown']) {
      await ledger.addWatch({ registry, path }, { pattern: 'v1.*', addedAt: 10 });
      await ledger.addWatch({ registry, path: `${path}/below` }, { pattern: 'v1.*', addedAt: 10 });
    }
    const found = await ledger.listRepositoriesEnding(`.own/${path}`, 10);
    assert.deepEqual(found, [
      { registry: 'a.own', path },
      { registry: 'b.own', path },
    ]);
    assert.equal((await ledger.listRepositoriesEnding(`.own/${path}`, 1)).length, 1);
    assert.deepEqual(await ledger.listRepositoriesEnding(`_own/${path}`, 10), [{ registry: 'a_own', path }]);
  });

  it('remembers watched patterns by repository until they are taken away', async () => {
    const { ledger } = opened();
    const repository = freshRepository();
    await ledger.addWatch(repository, { pattern: 'v1.*', addedAt: 10 });
    await ledger.addWatch(repository, { pattern: 'v1.*', addedAt: 20 });
    await ledger.addWatch(repository, { pattern: 'latest', addedAt: 20 });
    assert.deepEqual(await ledger.listWatches(repository), [
      { pattern: 'latest', addedAt: 20 },
      { pattern: 'v1.*', addedAt: 10 },
    ]);
    await ledger.removeWatch(repository, 'latest');
    assert.equal((await ledger.listWatches(repository)).length, 1);
    assert.deepEqual(await ledger.listWatches(freshRepository()), []);
  });
}

function selectionOf(outcome: SelectionOutcome) {
  return outcome.kind === 'advanced' ? outcome.selection : undefined;
}

function inWords({ digest, firstSeenAt, lastSeenAt, source }: Observation): string {
  return `${letter(digest)} ${firstSeenAt}-${lastSeenAt} ${source}`;
}

function letter(digest: Digest): string {
  return Object.entries(digests).find(([, value]) => value === digest)?.[0] ?? digest;
}
