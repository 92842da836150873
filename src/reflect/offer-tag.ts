import type { EpochMs } from '../clock.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import { type Candidate, makeSelector, type SelectionPolicy } from '../policy/select.ts';
import { parseTag } from '../reference/tag.ts';
import { type ListKey, readTags } from './tag-list.ts';
import type { TagSummary } from './tag-revision.ts';

/** Best tags whose age is looked up one by one: with more that are too young, the selection waits. */
const agedCandidatesMax = 200;

/** As the selector gives it. */
const filteredReason = 'does not match the filter';

export type Offer = {
  /** Best tag, absent where none matches or all are too young. */
  readonly offered: Candidate | undefined;
  /** Of the tags it was chosen from. */
  readonly summary: TagSummary;
  readonly matched: number;
  /** The filter let no tag through, so that no order had anything to choose from. */
  readonly isFiltered: boolean;
  /** When the first of the tags that are too young will be old enough. */
  readonly ripeAt: EpochMs | undefined;
};

export type OfferQuestion = {
  readonly key: ListKey;
  readonly exclusionList: readonly string[];
  readonly policy: SelectionPolicy;
  readonly minimumAgeMs: number | undefined;
  readonly now: EpochMs;
};

/**
 * The best tag the ledger lists, and the checksum of what it was chosen from: both from one pass, so that they
 * belong together.
 */
export async function offerTag(
  ledger: Pick<ScanLedger, 'listTags'> & Pick<LedgerReader, 'listPresences'>,
  { key, exclusionList, policy, minimumAgeMs, now }: OfferQuestion,
): Promise<Offer> {
  const hasAge = minimumAgeMs !== undefined && minimumAgeMs > 0;
  const selector = makeSelector(policy, { now, top: hasAge ? agedCandidatesMax : 1 });
  const summary = await readTags(ledger, key, exclusionList, (tag) => selector.offer(tag));
  const { selected, candidates, matched, reasons } = selector.outcome();
  const isFiltered = matched === 0 && reasons.every(({ reason }) => reason === filteredReason);
  const found = { summary, matched, isFiltered };
  if (!hasAge) return { ...found, offered: selected, ripeAt: undefined };
  let ripeAt: EpochMs | undefined;
  for (const candidate of candidates) {
    const presences = await ledger.listPresences(key, parseTag(candidate.tag));
    const firstSeenAt = presences[0]?.appearedAt;
    if (firstSeenAt === undefined) continue;
    if (now - firstSeenAt >= minimumAgeMs) return { ...found, offered: candidate, ripeAt };
    ripeAt = Math.min(ripeAt ?? Number.POSITIVE_INFINITY, firstSeenAt + minimumAgeMs);
  }
  return { ...found, offered: undefined, ripeAt };
}
