import type { Tag } from '../reference/tag.ts';
import { askEach } from './ask-each.ts';
import type { ComparedList } from './compare-list.ts';
import { type DoubtOutcome, doubtList, isContradicted, type ListReading } from './doubt-list.ts';
import type { OpenScan } from './scan-ledger.ts';
import type { TagLister } from './tag-lister.ts';

/**
 * Missing tags asked for by name in one scan, spread over all that are missing: a second of requests. Where each
 * of so many is gone, fewer than one in fifty of the others can be expected to be there.
 */
const namesAskedMax = 200;

/** Names asked for before it is looked whether they contradict the list: enough to tell a wrong list at once. */
const namesAtOnce = 20;

/** A list that loses this share of its tags, and more than {@link shrinkTagsMin}, is not believed at once. */
const shrinkShareMax = 0.5;
const shrinkTagsMin = 10;

export type MissingVerdict =
  | {
      readonly kind: 'believed';
      /** `missing`: all that are staged, of which {@link goneCount} are. */
      readonly gone: readonly Tag[] | 'missing';
      readonly goneCount: number;
      /** Missing from the list, yet there by name: the registry forgot them for a moment. */
      readonly forgotten: number;
      /** Missing from a list that forgot others, and not asked for yet: {@link namesAskedMax}. */
      readonly unconfirmed: number;
      readonly requests: number;
    }
  | Extract<DoubtOutcome, { kind: 'suspect' }>;

export type ConfirmOptions = ListReading & {
  /** A person's word that a list of so many tags or more is right, however short: no name is asked for. */
  readonly acceptsFrom: number | undefined;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Whether the tags that a list misses are gone. They are asked for by name, {@link namesAskedMax} of them where
 * more are missing; where every one is gone, so are the others. A list that is empty or lost most of its tags is
 * believed as a whole or not at all, and not before it has stayed so for a while: see {@link doubtList}.
 */
export async function confirmMissing(
  lister: TagLister,
  scan: OpenScan,
  list: ComparedList,
  options: ConfirmOptions,
): Promise<MissingVerdict> {
  const { missing } = await scan.countStaged();
  if (missing === 0) return believeAll(0, 0);
  const believed = missedBefore(scan.start);
  const isSuspect = hasShrunk(scan.start.tagCount - believed, list.tagCount, missing - believed);
  const isAccepted = options.acceptsFrom !== undefined && list.tagCount >= options.acceptsFrom;
  if (isSuspect && isAccepted) return believeAll(missing, 0);
  const ask = () => askNames(lister, scan, { ...options, atOnce: isSuspect ? namesAtOnce : namesAskedMax });
  if (isSuspect) {
    const doubt = await doubtList(scan.start, { ...options, missing, listed: list.tagCount }, ask);
    return doubt.kind === 'lifted' ? believeAll(missing, doubt.requests) : doubt;
  }
  const names = await ask();
  if (!isContradicted(names)) return believeAll(missing, names.asked.length);
  const gone = names.asked.filter((tag) => !names.there.has(tag));
  return {
    kind: 'believed',
    gone,
    goneCount: gone.length,
    forgotten: names.there.size,
    unconfirmed: missing - names.asked.length,
    requests: names.asked.length,
  };
}

function believeAll(goneCount: number, requests: number): MissingVerdict {
  return { kind: 'believed', gone: 'missing', goneCount, forgotten: 0, unconfirmed: 0, requests };
}

type Asking = ConfirmOptions & { readonly atOnce: number };

/** Asks in an order that is spread from its first names on, until one is there. Another scan asks for others. */
async function askNames(lister: TagLister, scan: OpenScan, { repository, now, signal, atOnce }: Asking) {
  const names = await scan.sampleMissing(namesAskedMax, Math.floor(Math.abs(now) / 1000));
  const rounds = Math.ceil(names.length / atOnce);
  const asked: Tag[] = [];
  const there = new Set<Tag>();
  for (let round = 0; round < rounds && there.size === 0; round += 1) {
    const some = names.filter((_, index) => index % rounds === round);
    asked.push(...some);
    await askEach(some, signal, async (tag) => {
      const head = await lister.headManifest(repository, tag, signal === undefined ? {} : { signal });
      if (head !== undefined) there.add(tag);
    });
  }
  return { asked, there };
}

/** Tags that the last whole list missed already, and that were not asked for yet or are there by name. */
function missedBefore({ tagCount, previous }: OpenScan['start']): number {
  return previous?.outcome === 'complete' ? Math.max(0, tagCount - previous.tagCount) : 0;
}

function hasShrunk(knownTags: number, listedTags: number, missing: number): boolean {
  if (listedTags === 0) return knownTags > 0;
  return missing > shrinkTagsMin && missing > knownTags * shrinkShareMax;
}
