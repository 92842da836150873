import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { fixedClock } from '../clock.ts';
import { scanRepository } from '../ledger/scan.ts';
import { SqliteLedger } from '../ledger/sqlite/sqlite-ledger.ts';
import type { SelectionPolicy } from '../policy/select.ts';
import type { Tag } from '../reference/tag.ts';
import { type KnownLists, type ListView, makeKnownLists } from './known-lists.ts';
import type { WantedPolicy } from './offer-tag.ts';
import type { ListKey } from './tag-list.ts';

const hourMs = 3_600_000;
/** Small, so that a list of a few tags has many stretches. */
const stretchTags = 3;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-known-lists-'));
const ledger = new SqliteLedger(join(folder, 'ledger.db'));
after(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true });
});

const semver: SelectionPolicy = { order: { kind: 'semver', range: '>=0.0.0' } };
const policies: readonly WantedPolicy[] = [
  semver,
  { order: { kind: 'alphabetical', order: 'desc' } } as const,
  {
    order: { kind: 'numerical', order: 'asc' },
    filter: { pattern: '^a-([0-9]+)$', extract: '$1' },
  } as const,
  { ...semver, minimumAgeMs: 2 * hourMs },
].map((policy, index) => ({ name: `apps/policy-${index}`, fingerprint: String(index), policy }));

const number = fc.integer({ min: 0, max: 4 });
const tag = fc.oneof(
  fc.tuple(number, number, number).map((parts) => parts.join('.')),
  number.map((at) => `a-${at}`),
  number.map((at) => `b-${at}.sig`),
);
/** The tags that a scan finds otherwise than before, and when it is told of: another replica's never is. */
const scans = fc.array(
  fc.record({
    changed: fc.uniqueArray(tag, { maxLength: 3 }),
    told: fc.constantFrom('now', 'late', 'never'),
    isAsked: fc.boolean(),
  }),
  { minLength: 2, maxLength: 8 },
);
const exclusions = fc.constantFrom([], ['^.*\\.sig$'], ['1', '^b']);

describe('lists of tags that are known', () => {
  it('are summed up and elected from as if read anew, whatever the scans and policies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(tag, { maxLength: 25 }),
        scans,
        exclusions,
        async (first, later, exclusionList) => {
          const { view, scan, clock, key } = begin(exclusionList);
          const known = makeKnownLists(ledger, clock, { stretchTags });
          const listed = new Set<string>();
          const untold: Awaited<ReturnType<typeof scan>>[] = [];
          for (const { changed, told, isAsked } of [
            { changed: first, told: 'now', isAsked: true },
            ...later,
          ]) {
            for (const one of changed) if (!listed.delete(one)) listed.add(one);
            const change = await scan([...listed]);
            if (told !== 'never') untold.push(change);
            if (told === 'now') for (const one of untold.splice(0)) await known.learn(key, one);
            if (!isAsked) continue;
            assert.deepEqual(await answers(known, view), await answers(makeKnownLists(ledger, clock), view));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are elected from anew where an object asks for another policy', async () => {
    const { view, scan, clock } = begin([]);
    await scan(['1.0.0', '2.0.0']);
    const known = makeKnownLists(ledger, clock);
    const [first] = policies;
    assert.ok(first !== undefined);
    const only = {
      ...first,
      fingerprint: 'only',
      policy: { order: { kind: 'semver', range: '1.x' } },
    } as const;
    assert.equal((await known.offer(view, first)).offered?.tag, '2.0.0');
    assert.equal((await known.offer(view, only)).offered?.tag, '1.0.0');
    assert.equal((await known.offer(view, first)).offered?.tag, '2.0.0');
  });

  it('are read once for all policies that choose from them, asked together or one after another', async () => {
    const { view, scan, clock } = begin([]);
    await scan(['1.0.0', 'a-1']);
    const counted = countReads();
    const known = makeKnownLists(counted, clock);
    await Promise.all(policies.map((wanted) => known.offer(view, wanted)));
    await known.summarize(view);
    for (const wanted of policies) await known.offer(view, wanted);
    assert.equal(counted.readings, 1);
  });

  it('are read around what changed, and nowhere else', async () => {
    const { view, scan, clock, key } = begin([]);
    const many = Array.from({ length: 300 }, (_, at) => `1.${at}.0`);
    const counted = countReads();
    const known = makeKnownLists(counted, clock, { stretchTags: 10 });
    await known.learn(key, await scan(many));
    await known.summarize(view);
    const steady = policies.filter(({ policy }) => policy.minimumAgeMs === undefined);
    const steadyView = { ...view, policies: () => steady };
    for (const wanted of steady) await known.offer(steadyView, wanted);
    counted.tags = 0;
    await known.learn(key, await scan([...many.filter((one) => one !== '1.7.0'), '2.0.0']));
    const offers = await Promise.all(steady.map((wanted) => known.offer(steadyView, wanted)));
    assert.equal(offers[0]?.offered?.tag, '2.0.0');
    assert.ok(counted.tags < 60, `${counted.tags} tags were read`);
  });

  it('forget the exclusions that objects had before', async () => {
    const { view, scan, clock, key } = begin([]);
    const counted = countReads();
    const known = makeKnownLists(counted, clock);
    await scan(['1.0.0']);
    const viewOf = (at: number): ListView => ({ ...view, exclusionList: [`^v${at}$`], policies: () => [] });
    for (let at = 0; at < 300; at += 1) await known.summarize(viewOf(at));
    counted.readings = 0;
    await known.learn(key, await scan(['1.0.0', '1.1.0']));
    assert.equal(counted.readings, 100);
    assert.equal((await known.summarize(viewOf(299))).tagCount, 2);
    assert.equal(counted.readings, 100);
    assert.equal((await known.summarize(viewOf(0))).tagCount, 2);
  });

  it('say when the next tag is old enough, and elect it then', async () => {
    const { view, scan, clock } = begin([]);
    await scan(['1.0.0']);
    const [, , , aged] = policies;
    assert.ok(aged !== undefined);
    const known = makeKnownLists(ledger, clock);
    const early = await known.offer(view, aged);
    assert.deepEqual([early.offered, early.ripeAt], [undefined, clock.now() + 2 * hourMs]);
    clock.advance(2 * hourMs);
    const late = await known.offer(view, aged);
    assert.deepEqual([late.offered?.tag, late.ripeAt], ['1.0.0', undefined]);
  });
});

let count = 0;

/** A list of its own, and what scans it. */
function begin(exclusionList: readonly string[]) {
  count += 1;
  const key: ListKey = { registry: 'registry.test', path: `apps/app-${count}`, isShared: true };
  const clock = fixedClock(1000 * hourMs);
  const view: ListView = { key, exclusionList, policies: () => policies };
  const scan = async (tags: readonly string[]) => {
    clock.advance(hourMs);
    const sorted = tags.toSorted();
    const lister = {
      async *listTagPages() {
        yield {
          fingerprint: createHash('sha256').update(sorted.join()).digest('hex'),
          readTags: () => sorted,
        };
      },
      headManifest: async () => undefined,
      getManifest: async () => undefined,
    };
    clock.advance(0);
    const result = await scanRepository({ lister, ledger, clock }, key, { digests: 'none' });
    return result.change;
  };
  return { key, clock, view, scan };
}

async function answers(known: KnownLists, view: ListView) {
  const offers = await Promise.all(policies.map((wanted) => known.offer(view, wanted)));
  return { summary: await known.summarize(view), offers };
}

/** The ledger, its readings of whole lists and of tags counted. */
function countReads() {
  const counted = {
    readings: 0,
    tags: 0,
    readGeneration: ledger.readGeneration.bind(ledger),
    listFirstSeen: ledger.listFirstSeen.bind(ledger),
    async listTags(key: ListKey, last: Tag | undefined, limit: number) {
      if (last === undefined) counted.readings += 1;
      const tags = await ledger.listTags(key, last, limit);
      counted.tags += tags.length;
      return tags;
    },
  };
  return counted;
}
