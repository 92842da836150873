import type { EpochMs } from '../clock.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { ListChange } from '../ledger/scan.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import { compileExclusions } from '../policy/tag-filter.ts';
import { type Elected, electedFrom, followElected, type WantedPolicy } from './offer-tag.ts';
import { makeTagSelection, type TagQuestions, type TagSelection } from './select-tags.ts';
import { type ListKey, ledgerPages } from './tag-list.ts';
import { summarizeTags, type TagSummary } from './tag-revision.ts';
import { type Cut, cutStretches, followStretches, type TagStretch } from './tag-stretches.ts';

/** What is needed of a ledger. */
export type ListLedger = Pick<ScanLedger, 'listTags' | 'readGeneration'> &
  Pick<LedgerReader, 'listFirstSeen'>;

/** What one generation of a list comes to, without what is excluded. */
export type ReadList = {
  /** Undefined where scans changed the list whenever it was read: good for one answer, not to remember. */
  readonly generation: number | undefined;
  readonly stretches: readonly TagStretch[];
  readonly summary: TagSummary;
  /** By name of the object. */
  readonly elected: ReadonlyMap<string, Elected>;
};

/** Readings begun anew because a scan changed the list meanwhile. */
const readingsMax = 3;

export type ListReading = {
  readonly cut: Cut;
  readonly wanted: readonly WantedPolicy[];
  readonly now: EpochMs;
};

/** @throws PolicyError `FILTER_INVALID` */
export function cutOf(exclusionList: readonly string[], stretchTags: number): Cut {
  const exclusionOf = compileExclusions(exclusionList);
  return { isExcluded: (tag) => exclusionOf(tag) !== undefined, stretchTags };
}

/**
 * Reads a list from end to end, once for all that is wanted of it.
 * @throws PolicyError; LedgerError
 */
export async function readList(ledger: ListLedger, key: ListKey, reading: ListReading): Promise<ReadList> {
  for (let attempt = 1; ; attempt += 1) {
    const generation = await ledger.readGeneration(key);
    const read = await readOnce(ledger, key, reading);
    if ((await ledger.readGeneration(key)) === generation) return { ...read, generation };
    if (attempt >= readingsMax) return { ...read, generation: undefined };
  }
}

async function readOnce(
  ledger: ListLedger,
  key: ListKey,
  { cut, wanted, now }: ListReading,
): Promise<Omit<ReadList, 'generation'>> {
  const questions: TagQuestions = {
    firstSeenAt: (tags) => ledger.listFirstSeen(key, tags),
    platformsOf: async () => undefined,
  };
  const selections = wanted.map((one): readonly [WantedPolicy, TagSelection] => [
    one,
    makeTagSelection(one.policy, questions, { now, top: 1 }),
  ]);
  const stretches: TagStretch[] = [];
  for await (const page of ledgerPages(ledger, key)) {
    stretches.push(...cutStretches(page, cut));
    const seen = page.filter((tag) => !cut.isExcluded(tag));
    for (const [, selection] of selections) await selection.offer(seen);
  }
  const elected = new Map<string, Elected>();
  for (const [one, selection] of selections) {
    elected.set(one.name, electedFrom(one, await selection.finish(), now));
  }
  return { stretches, summary: summarizeTags(stretches), elected };
}

/**
 * The changed list, from what was read before. Undefined where the change does not begin there, or does not lead to
 * what the ledger holds now. What the changes do not tell is no longer elected.
 * @throws PolicyError; LedgerError
 */
export async function followList(
  ledger: ListLedger,
  key: ListKey,
  before: ReadList,
  { change, cut }: { readonly change: ListChange; readonly cut: Cut },
): Promise<ReadList | undefined> {
  if (before.generation !== change.from) return undefined;
  const stretches = await followStretches(ledger, key, before.stretches, { change, cut });
  if (stretches === undefined || (await ledger.readGeneration(key)) !== change.to) return undefined;
  const seen = {
    appeared: change.appeared.filter((tag) => !cut.isExcluded(tag)),
    gone: change.gone.filter((tag) => !cut.isExcluded(tag)),
  };
  const elected = new Map<string, Elected>();
  for (const [name, one] of before.elected) {
    const after = followElected(one, seen);
    if (after !== undefined) elected.set(name, after);
  }
  return { generation: change.to, stretches, summary: summarizeTags(stretches), elected };
}
