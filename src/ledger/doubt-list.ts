import { type EpochMs, formatInstant } from '../clock.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { ScanDoubt, ScanStart } from './scan-ledger.ts';

/**
 * A short list is believed when it is still so after this long. Registries are in trouble for seconds and restart
 * in a minute or two; whoever really deleted most tags can say so, or wait.
 */
export const believedAfterMs = 5 * 60_000;

/** A list that is seen again sooner than this is not asked about again: the answers are known. */
const namesKnownMs = 60_000;

/** A list that is longer by so many is still the same: somebody pushed meanwhile. */
const pushedMax = 10;

/** Names that a list lacks, and which of them are there all the same. */
export type NamesAsked = { readonly asked: readonly Tag[]; readonly there: ReadonlySet<Tag> };

export function isContradicted({ there }: NamesAsked): boolean {
  return there.size > 0;
}

/** Where and when a list was read. */
export type ListReading = {
  readonly repository: Repository;
  readonly now: EpochMs;
  /** How a person gives their word for a list of so many tags: a command. */
  readonly acceptedBy: (tags: number) => string;
};

type ShortList = ListReading & {
  /** Known tags that it lacks, and tags that it has. */
  readonly missing: number;
  readonly listed: number;
};

export type DoubtOutcome =
  | { readonly kind: 'lifted'; readonly requests: number }
  | {
      readonly kind: 'suspect';
      readonly reason: string;
      readonly requests: number;
      readonly doubt: ScanDoubt;
    };

/**
 * A list that is empty or lost most of its tags. It is wrong while one name that it lacks is there. Else it is
 * believed when it was seen first {@link believedAfterMs} ago, by the ledger's records and so across restarts,
 * and when the names that are asked for now are gone as well.
 */
export async function doubtList(
  start: ScanStart,
  list: ShortList,
  ask: () => Promise<NamesAsked>,
): Promise<DoubtOutcome> {
  const { now } = list;
  const before = doubtOf(start, list.listed, now);
  const isRipe = before?.since !== undefined && now - before.since >= believedAfterMs;
  const reasonBefore = start.previous?.error;
  if (before !== undefined && reasonBefore !== undefined && !isRipe && now - before.askedAt < namesKnownMs) {
    return { kind: 'suspect', reason: reasonBefore, requests: 0, doubt: before };
  }
  const names = await ask();
  const requests = names.asked.length;
  const head = `the list of ${repositoryName(list.repository)} lacks ${list.missing} of ${start.tagCount} known tags`;
  const advice = `if they are gone for good, accept it at once by: ${list.acceptedBy(list.listed)}`;
  if (isContradicted(names)) {
    const reason = `${head}, yet ${names.there.size} of ${requests} asked for by name are there: the registry's list is not whole; ${advice}`;
    return { kind: 'suspect', reason, requests, doubt: { since: undefined, askedAt: now } };
  }
  if (isRipe) return { kind: 'lifted', requests };
  const since = before?.since ?? now;
  const reason = `${head}: it is believed if it is still so at ${formatInstant(since + believedAfterMs)}; ${advice}`;
  return { kind: 'suspect', reason, requests, doubt: { since, askedAt: now } };
}

/** What is remembered of the same list. A clock that was set back begins it anew. */
function doubtOf({ previous }: ScanStart, listed: number, now: EpochMs): ScanDoubt | undefined {
  if (previous?.outcome !== 'suspect' || previous.doubt === undefined) return undefined;
  const { since, askedAt } = previous.doubt;
  if (now < askedAt || (since !== undefined && now < since)) return undefined;
  const longer = listed - previous.tagCount;
  return longer >= 0 && longer <= pushedMax ? previous.doubt : undefined;
}
