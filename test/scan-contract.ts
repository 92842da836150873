import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import { fixedClock } from '../src/clock.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { type ScanOptions, type ScanResult, scanRepository } from '../src/ledger/scan.ts';
import type { TagLister, TagListPage } from '../src/ledger/tag-lister.ts';
import { type Digest, digestOf } from '../src/reference/digest.ts';
import type { Repository } from '../src/reference/repository.ts';
import { parseTag, type Tag } from '../src/reference/tag.ts';
import { freshRepository, type OpenedLedger } from './opened-ledger.ts';

/** A registry as scanning sees it, in hand: what it lists, what is there by name, and what goes wrong. */
type Registry = {
  pages: readonly (readonly string[])[];
  /** Tags there by name; those listed, where left out. */
  existing?: readonly string[];
  digests: Record<string, Digest>;
  /** Fails before this page. */
  failAt?: number;
  /** Fails where a tag is asked for by name. */
  failAsking?: boolean;
  onPage?: (position: number) => Promise<void> | void;
  /** Counted. */
  read: number;
  asked: string[];
};

function registryOf(pages: Registry['pages']): Registry {
  return { pages, digests: {}, read: 0, asked: [] };
}

function listerOf(registry: Registry): TagLister {
  return {
    async *listTagPages(): AsyncIterable<TagListPage> {
      for (const [position, tags] of registry.pages.entries()) {
        await registry.onPage?.(position);
        if (registry.failAt === position) throw new Error('the connection broke');
        yield {
          fingerprint: createHash('sha256').update(JSON.stringify(tags)).digest('hex'),
          readTags() {
            registry.read += 1;
            return tags;
          },
        };
      }
    },
    async headManifest(_repository, tag) {
      registry.asked.push(tag);
      if (registry.failAsking === true) throw new Error('nobody answers');
      const existing = registry.existing ?? registry.pages.flat();
      return existing.includes(tag) ? { digest: digestFor(registry, tag) } : undefined;
    },
    async getManifest(_repository, digest) {
      return { digest, manifest: { kind: 'schema1', mediaType: 'text/plain' } };
    },
  };
}

function digestFor(registry: Registry, tag: Tag): Digest {
  return registry.digests[tag] ?? digestOf(Buffer.from(tag));
}

const hourMs = 3_600_000;

/** Scans of one repository, an hour apart where nothing else is said. */
function scannerOf(ledger: Ledger, repository: Repository) {
  const clock = fixedClock(1_000 * hourMs);
  return {
    clock,
    scan: async (
      registry: Registry,
      options: Partial<ScanOptions> = {},
      afterMs = hourMs,
    ): Promise<ScanResult> => {
      clock.advance(afterMs);
      return scanRepository({ lister: listerOf(registry), ledger, clock }, repository, {
        digests: 'none',
        ...options,
      });
    },
  };
}

/** Scanning on a real ledger: part of the contract, because half of it is what the ledger does. */
export function scanContract(opened: () => OpenedLedger): void {
  const begin = () => {
    const repository = freshRepository();
    return { repository, ...scannerOf(opened().ledger, repository) };
  };
  const listed = (repository: Repository) => opened().ledger.listTags(repository, undefined, 100_000);
  const numbered = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from }, (_, index) => `v${String(from + index).padStart(4, '0')}`);

  it('records appeared and gone tags, and when', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b'], ['c']]));
    const result = await scan(registryOf([['a', 'c'], ['d']]));
    assert.equal(result.outcome, 'complete');
    assert.deepEqual([result.appearedTags, result.goneTags], [['d'], ['b']]);
    assert.deepEqual(await listed(repository), ['a', 'c', 'd']);
    const [presence] = await opened().ledger.listPresences(repository, parseTag('b'));
    assert.deepEqual(presence, { appearedAt: 1001 * hourMs, goneAt: 1002 * hourMs });
    assert.equal((await opened().ledger.listScans(repository, 10)).length, 2);
  });

  it('believes a list that stays short as a whole, and does not doubt it again', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([numbered(0, 4100)]));
    const shrunk = registryOf([numbered(0, 100)]);
    const outcomes: unknown[] = [];
    for (let scans = 0; scans < 4; scans += 1) {
      const { outcome, gone, unconfirmed } = await scan(shrunk);
      outcomes.push([outcome, gone, unconfirmed]);
    }
    assert.deepEqual(outcomes, [
      ['suspect', 0, 0],
      ['complete', 4000, 0],
      ['complete', 0, 0],
      ['complete', 0, 0],
    ]);
    assert.equal((await listed(repository)).length, 100);
    for (const other of [[], numbered(5000, 5100)]) {
      assert.equal((await scan(registryOf([other]))).outcome, 'suspect');
      assert.equal((await scan(shrunk)).outcome, 'complete');
    }
  });

  it('keeps the newest scans of each repository, and all that they found', async () => {
    const ledger = await opened().reopen({ scansKept: 3 });
    const repositories = [freshRepository(), freshRepository()] as const;
    const [one, other] = repositories.map((repository) => scannerOf(ledger, repository));
    await other?.scan(registryOf([['a']]));
    await one?.scan(registryOf([['a', 'b']]));
    for (let scans = 0; scans < 4; scans += 1) await one?.scan({ ...registryOf([['a']]), failAt: 0 });
    await one?.scan(registryOf([['a']]));
    const scans = await ledger.listScans(repositories[0], 10);
    assert.deepEqual(
      scans.map(({ outcome, startedAt }) => [outcome, startedAt / hourMs - 1000]),
      [
        ['complete', 6],
        ['partial', 5],
        ['partial', 4],
      ],
    );
    assert.equal((await ledger.listScans(repositories[1], 10)).length, 1);
    assert.deepEqual(await ledger.listPresences(repositories[0], parseTag('b')), [
      { appearedAt: 1001 * hourMs, goneAt: 1006 * hourMs },
    ]);
    await ledger.close();
  });

  it('gives a tag that comes back a second stretch', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b']]));
    await scan(registryOf([['a']]));
    await scan(registryOf([['a', 'b']]));
    const presences = await opened().ledger.listPresences(repository, parseTag('b'));
    assert.deepEqual(
      presences.map((one) => one.goneAt === undefined),
      [false, true],
    );
  });

  it('counts generations of the list, and tells what changed from one to the next', async () => {
    const { repository, scan } = begin();
    const generation = () => opened().ledger.readGeneration(repository);
    assert.equal(await generation(), 0);
    const first = await scan(registryOf([['a', 'b', 'c']]));
    assert.deepEqual(first.change, { from: 0, to: 1, appeared: ['a', 'b', 'c'], gone: [] });
    const same = await scan(registryOf([['a', 'b', 'c']]));
    assert.deepEqual(same.change, { from: 1, to: 1, appeared: [], gone: [] });
    const changed = await scan(registryOf([['a', 'c', 'd']]));
    assert.deepEqual(changed.change, { from: 1, to: 2, appeared: ['d'], gone: ['b'] });
    assert.equal(await generation(), 2);
  });

  it('tells no single changes where there are thousands', async () => {
    const { scan } = begin();
    const result = await scan(registryOf([numbered(0, 2000)]));
    assert.deepEqual([result.appeared, result.change], [2000, undefined]);
  });

  it('says of many tags at once when they were first listed', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b']]));
    await scan(registryOf([['a']]));
    await scan(registryOf([['a', 'b', 'c']]));
    const asked = ['c', 'nobody', 'a', 'b'].map(parseTag);
    assert.deepEqual(
      await opened().ledger.listFirstSeen(repository, asked),
      new Map([
        ['a', 1001 * hourMs],
        ['b', 1001 * hourMs],
        ['c', 1003 * hourMs],
      ]),
    );
  });

  it('ends with the tags of the registry, whatever lists came before and however they are ordered', async () => {
    const page = fc.uniqueArray(fc.constantFrom(...numbered(0, 14), 'A', '_', '~not a tag'), {
      maxLength: 6,
    });
    const list = fc.record({ pages: fc.array(page, { maxLength: 5 }), isSorted: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(list, { minLength: 1, maxLength: 4 }), async (lists) => {
        const { repository, scan } = begin();
        for (const { pages, isSorted } of lists) {
          const all = [...new Set(pages.flat())].sort();
          const size = Math.max(1, pages[0]?.length ?? 1);
          const inOrder = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
            all.slice(index * size, (index + 1) * size),
          );
          const given = isSorted ? inOrder : pages;
          // A list that lost most of its tags is believed on the second look.
          for (let look = 0; look < 3; look += 1) await scan(registryOf(given.length === 0 ? [[]] : given));
          const tags = all.filter((text) => text !== '~not a tag');
          assert.deepEqual(await listed(repository), tags);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('reads no page again that is the same as last time', async () => {
    const { scan } = begin();
    const pages = [numbered(0, 10), numbered(10, 20), numbered(20, 30)];
    await scan(registryOf(pages));
    const unchanged = registryOf(pages);
    const result = await scan(unchanged);
    assert.deepEqual([unchanged.read, result.skippedPages, result.tagCount], [0, 3, 30]);
    const changed = registryOf([numbered(0, 10), [...numbered(10, 20), 'v0019x'], numbered(20, 30)]);
    assert.deepEqual((await scan(changed)).appearedTags, ['v0019x']);
    assert.equal(changed.read, 1);
  });

  it('reads every page again after a day, in case a mark was wrong', async () => {
    const { scan, clock } = begin();
    const pages = [numbered(0, 10), numbered(10, 20)];
    await scan(registryOf(pages));
    await scan(registryOf(pages));
    clock.advance(24 * hourMs);
    const registry = registryOf(pages);
    await scan(registry);
    assert.equal(registry.read, 2);
  });

  it('finds tags that vanished between two pages that are the same', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([numbered(0, 10), ['v0010a'], numbered(20, 30)]));
    const result = await scan(registryOf([numbered(0, 10), numbered(20, 30)]));
    assert.deepEqual(result.goneTags, ['v0010a']);
    assert.equal((await listed(repository)).length, 20);
  });

  it('finds tags that vanished before a page that is the same', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([numbered(0, 10), numbered(10, 20)]));
    const shorter = registryOf([numbered(0, 5), numbered(10, 20)]);
    const result = await scan(shorter);
    assert.deepEqual([result.goneTags, shorter.read], [numbered(5, 10), 1]);
    assert.equal((await listed(repository)).length, 15);
  });

  it('changes nothing when a vanished tag cannot be asked for', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b']]));
    const result = await scan({ ...registryOf([['a', 'x']]), failAsking: true });
    assert.deepEqual([result.outcome, result.reason], ['partial', 'nobody answers']);
    assert.deepEqual(await listed(repository), ['a', 'b']);
  });

  it('changes nothing when a page fails, and says what failed', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b'], ['c']]));
    const result = await scan({ ...registryOf([['a', 'x'], ['y']]), failAt: 1 });
    assert.deepEqual([result.outcome, result.reason], ['partial', 'the connection broke']);
    assert.deepEqual(await listed(repository), ['a', 'b', 'c']);
    const [record] = await opened().ledger.listScans(repository, 1);
    assert.deepEqual([record?.outcome, record?.error], ['partial', 'the connection broke']);
  });

  it('calls a repository that never was partial, not empty', async () => {
    const { scan } = begin();
    assert.equal((await scan(registryOf([]))).outcome, 'partial');
    assert.equal((await scan(registryOf([[]]))).outcome, 'complete');
  });

  it('does not believe a tag gone that is there by name', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b', 'c']]));
    const forgetful = { ...registryOf([['a', 'c']]), existing: ['a', 'b', 'c'] };
    assert.deepEqual([(await scan(forgetful)).forgotten, forgetful.asked], [1, ['b']]);
    await scan(registryOf([['a', 'b', 'c']]));
    const presences = await opened().ledger.listPresences(repository, parseTag('b'));
    assert.deepEqual(presences, [{ appearedAt: 1001 * hourMs, goneAt: undefined }]);
  });

  it('asks again for a forgotten tag at the next scan, though the page is the same', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b', 'c']]));
    await scan({ ...registryOf([['a', 'c']]), existing: ['a', 'b', 'c'] });
    await scan(registryOf([['a', 'c']]));
    assert.deepEqual(await listed(repository), ['a', 'c']);
  });

  for (const { name, known = 40, second, existing, outcomes, left } of [
    {
      name: 'keeps all tags when the list comes back empty though they are there',
      second: [[]],
      existing: numbered(0, 40),
      outcomes: ['suspect', 'suspect'],
      left: 40,
    },
    {
      name: 'keeps all tags when the list is cut to a few though the others are there',
      second: [numbered(0, 5)],
      existing: numbered(0, 40),
      outcomes: ['suspect', 'suspect'],
      left: 40,
    },
    {
      name: 'keeps even a few tags when the list comes back empty',
      known: 3,
      second: [[]],
      existing: numbered(0, 3),
      outcomes: ['suspect', 'suspect'],
      left: 3,
    },
    {
      name: 'believes most tags gone only on the second look, and by name',
      second: [numbered(0, 5)],
      existing: numbered(0, 5),
      outcomes: ['suspect', 'complete'],
      left: 5,
    },
    {
      name: 'believes a repository gone only on the second look',
      second: [],
      existing: [],
      outcomes: ['suspect', 'complete'],
      left: 0,
    },
  ]) {
    it(name, async () => {
      const { repository, scan } = begin();
      await scan(registryOf([numbered(0, known)]));
      const shrunk = { ...registryOf(second), existing };
      assert.deepEqual(
        [(await scan(shrunk)).outcome, (await listed(repository)).length],
        [outcomes[0], known],
      );
      assert.deepEqual(
        [(await scan(shrunk)).outcome, (await listed(repository)).length],
        [outcomes[1], left],
      );
    });
  }

  it('believes many tags gone when those it asks for, spread over them, all are', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([numbered(0, 7000)]));
    const remaining = registryOf([numbered(0, 4000)]);
    const { gone, unconfirmed, goneTags, change } = await scan(remaining);
    assert.deepEqual([gone, unconfirmed, goneTags.length, change], [3000, 0, 100, undefined]);
    assert.ok(remaining.asked.length <= 200, `${remaining.asked.length} names were asked for`);
    assert.equal((await listed(repository)).length, 4000);
  });

  it('leaves tags listed that it did not ask for, where the list forgot others, and asks in later scans', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([numbered(0, 1000)]));
    const forgotten = Array.from(
      { length: 40 },
      (_, index) => `v${String(600 + 10 * index).padStart(4, '0')}`,
    );
    const registry = { ...registryOf([numbered(0, 600)]), existing: [...numbered(0, 600), ...forgotten] };
    const asked: string[] = [];
    for (let scans = 0; scans < 20; scans += 1) {
      registry.asked = [];
      const { outcome, unconfirmed } = await scan(registry);
      asked.push(...registry.asked);
      assert.equal(outcome, 'complete');
      assert.ok(registry.asked.length <= 200);
      if (unconfirmed === 0) break;
    }
    assert.deepEqual(await listed(repository), [...numbered(0, 600), ...forgotten].sort());
    assert.equal(new Set(asked).size, 400, 'each of them was asked for');
  });

  it('stops asking as soon as a few names contradict a short list, and asks for others the next time', async () => {
    const { scan } = begin();
    await scan(registryOf([numbered(0, 5000)]));
    const wrong = { ...registryOf([[]]), existing: numbered(0, 5000) };
    const { outcome, reason, requests } = await scan(wrong);
    assert.deepEqual([outcome, requests], ['suspect', 21]);
    assert.match(reason ?? '', /lacks 5000 of 5000 known tags, yet 20 of 20 asked for by name are there/);
    const numbers = wrong.asked.map((tag) => Number(tag.slice(1))).sort((a, b) => a - b);
    assert.ok((numbers[0] ?? 5000) < 500 && (numbers.at(-1) ?? 0) > 4500, `spread, not ${numbers.join()}`);
    const first = wrong.asked.join();
    wrong.asked = [];
    await scan(wrong, {}, 61_000);
    assert.notEqual(wrong.asked.join(), first);
  });

  it('asks for at most a few hundred names while it doubts a list, and for none at a quick retry', async () => {
    const { scan } = begin();
    await scan(registryOf([numbered(0, 5000)]));
    const short = registryOf([numbered(0, 1000)]);
    const first = await scan(short);
    assert.deepEqual([first.outcome, short.asked.length], ['suspect', 200]);
    for (const ms of [750, 1500, 3000, 6000, 12_000, 24_000]) {
      const { outcome, reason } = await scan(short, {}, ms);
      assert.deepEqual([outcome, reason, short.asked.length], ['suspect', first.reason, 200]);
    }
    await scan(short, {}, 30_000);
    assert.ok(short.asked.length > 200 && short.asked.length <= 400);
  });

  it('believes a short list five minutes after it was seen first, however often it was seen', async () => {
    const { repository, scan, clock } = begin();
    await scan(registryOf([numbered(0, 5000)]));
    const short = registryOf([numbered(0, 1000)]);
    const { believableAt, reason } = await scan(short);
    assert.equal(believableAt, clock.now() + 300_000);
    assert.match(
      reason ?? '',
      /it is believed if it is still so at 1970-02-11T18:05:00Z; .* --accept-shrunk$/,
    );
    for (const ms of [1500, 28_500, 60_000, 60_000, 149_999]) {
      assert.equal((await scan(short, {}, ms)).outcome, 'suspect');
      assert.equal((await listed(repository)).length, 5000);
    }
    const ledger = await opened().reopen();
    const reopened = scannerOf(ledger, repository);
    reopened.clock.advance(clock.now() - reopened.clock.now());
    assert.equal((await reopened.scan(short, {}, 1)).outcome, 'complete');
    await ledger.close();
    assert.equal((await listed(repository)).length, 1000);
  });

  for (const { name, meanwhile } of [
    { name: 'a name that it lacks was there meanwhile', meanwhile: { existing: ['v0030'] } },
    { name: 'it was another meanwhile', meanwhile: { pages: [numbered(0, 2)] } },
    { name: 'it was whole meanwhile', meanwhile: { pages: [numbered(0, 40)] } },
  ]) {
    it(`counts five minutes of a short list anew where ${name}`, async () => {
      const { scan } = begin();
      await scan(registryOf([numbered(0, 40)]));
      const short = registryOf([numbered(0, 5)]);
      await scan(short);
      await scan({ ...short, ...meanwhile }, {}, 150_000);
      assert.equal((await scan(short, {}, 150_000)).outcome, 'suspect');
      assert.equal((await scan(short, {}, 300_000)).outcome, 'complete');
    });
  }

  it('counts on through a scan that failed, and through pushes', async () => {
    const { scan } = begin();
    await scan(registryOf([numbered(0, 40)]));
    const short = registryOf([numbered(0, 5)]);
    await scan(short);
    await scan({ ...short, failAt: 0 }, {}, 100_000);
    await scan(registryOf([[...numbered(0, 5), 'pushed']]), {}, 100_000);
    assert.equal((await scan(registryOf([[...numbered(0, 5), 'pushed']]), {}, 100_000)).outcome, 'complete');
  });

  it('begins its doubt anew where the clock was set back', async () => {
    const { scan, clock } = begin();
    await scan(registryOf([numbered(0, 40)]));
    const short = registryOf([[]]);
    await scan(short);
    clock.advance(-hourMs);
    assert.equal((await scan(short, {}, 1000)).outcome, 'suspect');
    assert.equal((await scan(short, {}, 299_999)).outcome, 'suspect');
    assert.equal((await scan(short, {}, 1)).outcome, 'complete');
  });

  it('believes a short list at once where a person accepts it, and asks for no name', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([numbered(0, 5000)]));
    const short = { ...registryOf([numbered(0, 1000)]), existing: numbered(0, 5000) };
    assert.equal((await scan(short, { acceptsFrom: 1001 })).outcome, 'suspect');
    short.asked = [];
    const { outcome, gone } = await scan(short, { acceptsFrom: 1000 });
    assert.deepEqual([outcome, gone, short.asked.length], ['complete', 4000, 0]);
    assert.equal((await listed(repository)).length, 1000);
  });

  it('begins anew when another scan changed the tags behind its back', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b'], ['y']]));
    const second = await opened().reopen();
    try {
      let overtaken = 0;
      const outer: Registry = {
        ...registryOf([['a', 'c'], ['x']]),
        // After the first page was compared, and once only: then nobody is in the way.
        async onPage(position) {
          if (position !== 1 || overtaken > 0) return;
          overtaken += 1;
          const inner = scannerOf(second, repository);
          inner.clock.advance(2 * hourMs);
          await inner.scan(registryOf([['a', 'aa'], ['y']]));
        },
      };
      const result = await scan(outer);
      assert.deepEqual([result.outcome, overtaken], ['complete', 1]);
      assert.deepEqual(await listed(repository), ['a', 'c', 'x']);
    } finally {
      await second.close();
    }
  });

  it('ends at once when it is interrupted, with the tags as they were', async () => {
    const { repository, scan } = begin();
    await scan(registryOf([['a', 'b']]));
    const interrupt = new AbortController();
    const registry: Registry = {
      ...registryOf([['x'], ['y']]),
      onPage: (position) => (position === 1 ? interrupt.abort() : undefined),
    };
    await assert.rejects(scan(registry, { signal: interrupt.signal }), { name: 'AbortError' });
    assert.deepEqual(await listed(repository), ['a', 'b']);
    assert.equal((await opened().ledger.listScans(repository, 1))[0]?.error, 'interrupted');
  });

  it('asks for the digests of tags that somebody cares about, and of no other', async () => {
    const { repository, scan, clock } = begin();
    const { ledger } = opened();
    const registry = registryOf([['1.0', '1.1', '2.0', '3.0', 'latest']]);
    await ledger.recordSightings([
      {
        repository,
        tag: parseTag('2.0'),
        digest: digestOf(Buffer.from('2.0')),
        observedAt: 1,
        source: 'lock',
      },
    ]);
    await ledger.addWatch(repository, { pattern: '1.*', addedAt: clock.now() });
    await ledger.advanceSelection(undefined, {
      name: repository.path,
      repository,
      tag: parseTag('3.0'),
      digest: undefined,
      policy: '',
      selectedAt: 1,
      selectedBy: 'test',
      reason: undefined,
    });
    const result = await scan(registry, { digests: 'watched' });
    assert.deepEqual(registry.asked.toSorted(), ['1.0', '1.1', '2.0', '3.0']);
    assert.equal(result.digestsAsked, 4);
    await scan(registry, { digests: 'all' });
    assert.equal((await ledger.listObservations(repository, parseTag('latest'))).length, 1);
  });

  it('reports a tag that moved since the last scan', async () => {
    const { repository, scan } = begin();
    const registry = registryOf([['1.0', '1.1']]);
    await scan(registry, { digests: 'all' });
    const rebuilt = digestOf(Buffer.from('rebuilt'));
    const result = await scan({ ...registry, digests: { '1.0': rebuilt } }, { digests: 'watched' });
    assert.deepEqual(
      result.moves.map(({ tag, to, noticedAt }) => ({ tag, to, noticedAt })),
      [{ tag: '1.0', to: rebuilt, noticedAt: 1002 * hourMs }],
    );
    assert.equal((await opened().ledger.listObservations(repository, parseTag('1.0'))).length, 2);
  });

  it('counts texts that are no tags and records the others', async () => {
    const { repository, scan } = begin();
    const result = await scan(registryOf([['a', '../../etc', 'x'.repeat(129), '', 'b']]));
    assert.deepEqual([result.refused, await listed(repository)], [3, ['a', 'b']]);
  });
}
