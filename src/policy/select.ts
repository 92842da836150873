/**
 * Room `policy`: which version is wanted. Orders of versions, filters, selecting, and the guard that lets a
 * selection only go forward. Pure; may import rung 0 only.
 *
 * Invariants: a selection does not depend on the order the tags came in; it is one of them; worse tags do not
 * change it; memory does not grow with the number of tags.
 */
import type { EpochMs } from '../clock.ts';
import { compareBytes, type Order, type OrderSpec, type TagFacts, Unranked, withOrder } from './order.ts';
import { compileExclusions, compileTagFilter, type TagFilterSpec } from './tag-filter.ts';

export type SelectionPolicy = {
  readonly order: OrderSpec;
  readonly filter?: TagFilterSpec;
  /** RE2 patterns; a tag in which one occurs is never looked at. */
  readonly exclude?: readonly string[];
  /** Tags never chosen, by name: a bad release. */
  readonly skip?: readonly string[];
  /** A tag must have been in the ledger for this long, in milliseconds. */
  readonly minimumAgeMs?: number;
};

export type Candidate = {
  readonly tag: string;
  /** What was ranked: the tag, or what the filter extracted from it. */
  readonly value: string;
};

/** Why tags were not chosen: how many for one reason, and a few of them. */
export type Reason = {
  readonly reason: string;
  readonly count: number;
  readonly examples: readonly string[];
};

export type SelectionOutcome = {
  readonly selected: Candidate | undefined;
  /** Tags offered, each counted once for each time it was offered. */
  readonly considered: number;
  /** Tags that passed everything and have a rank. */
  readonly matched: number;
  /** The best ones, best first; as many as were asked for. */
  readonly candidates: readonly Candidate[];
  /** Most frequent first. */
  readonly reasons: readonly Reason[];
};

/** Takes tags one at a time and keeps only the best: one pass, constant memory. */
export interface Selector {
  /** Answers why the tag is no candidate, or undefined where it is one. */
  offer(facts: TagFacts): string | undefined;
  outcome(): SelectionOutcome;
}

export type SelectorOptions = {
  /** Now, for the minimum age. */
  readonly now: EpochMs;
  /** How many candidates are kept. At least 1. */
  readonly top?: number;
};

const examplesMax = 3;

/** @throws PolicyError `POLICY_INVALID`, `FILTER_INVALID` */
export function makeSelector(policy: SelectionPolicy, options: SelectorOptions): Selector {
  const reasonAgainst = compileGates(policy, options.now);
  const filter = compileTagFilter(policy.filter ?? { pattern: '', extract: '' });
  return withOrder(policy.order, (order) => collect(order, filter, reasonAgainst, options.top ?? 1));
}

type Ranked<Rank> = Candidate & { readonly rank: Rank };

function collect<Rank>(
  order: Order<Rank>,
  filter: (tag: string) => string | undefined,
  reasonAgainst: (facts: TagFacts) => string | undefined,
  top: number,
): Selector {
  const best: Ranked<Rank>[] = [];
  const reasons = new Map<string, { count: number; examples: string[] }>();
  const counts = { considered: 0, matched: 0 };
  const reject = (tag: string, reason: string): string => {
    const noted = reasons.get(reason);
    if (noted === undefined) reasons.set(reason, { count: 1, examples: [tag] });
    else {
      noted.count += 1;
      if (noted.examples.length < examplesMax) noted.examples.push(tag);
    }
    return reason;
  };
  return {
    offer(facts) {
      counts.considered += 1;
      const { tag } = facts;
      const against = reasonAgainst(facts);
      if (against !== undefined) return reject(tag, against);
      const value = filter(tag);
      if (value === undefined) return reject(tag, 'does not match the filter');
      const rank = order.rank(value, facts);
      if (rank instanceof Unranked) return reject(tag, rank.reason);
      counts.matched += 1;
      keepBest(best, { tag, value, rank }, order, top);
      return undefined;
    },
    outcome: () => {
      const candidates = best.map(({ tag, value }) => ({ tag, value }));
      return {
        selected: candidates[0],
        ...counts,
        candidates,
        reasons: [...reasons].map(([reason, noted]) => ({ reason, ...noted })).sort(mostFirst),
      };
    },
  };
}

/** Inserts into the sorted list and drops what no longer fits. A tag that a registry lists twice is kept once. */
function keepBest<Rank>(best: Ranked<Rank>[], one: Ranked<Rank>, order: Order<Rank>, top: number): void {
  const last = best.at(-1);
  if (last !== undefined && best.length >= top && isBetter(last, one, order)) return;
  let place = best.length;
  for (
    let above = best[place - 1];
    above !== undefined && isBetter(one, above, order);
    above = best[place - 1]
  )
    place -= 1;
  if (best[place - 1]?.tag === one.tag || best[place]?.tag === one.tag) return;
  best.splice(place, 0, one);
  if (best.length > top) best.pop();
}

/**
 * The one total order: by rank; among equal ranks by value, as the order says; among equal values the least tag,
 * which is the one Flux's filter leaves over.
 */
function isBetter<Rank>(a: Ranked<Rank>, b: Ranked<Rank>, order: Order<Rank>): boolean {
  const byRank = order.compare(a.rank, b.rank);
  if (byRank !== 0) return byRank > 0;
  const byValue = compareBytes(a.value, b.value);
  if (byValue !== 0) return order.tieTakes === 'greatest' ? byValue > 0 : byValue < 0;
  return compareBytes(a.tag, b.tag) < 0;
}

function compileGates(policy: SelectionPolicy, now: EpochMs): (facts: TagFacts) => string | undefined {
  const exclusionOf = compileExclusions(policy.exclude ?? []);
  const skipped = new Set(policy.skip);
  const { minimumAgeMs } = policy;
  return ({ tag, firstSeenAt }) => {
    if (skipped.has(tag)) return 'is on the skip list';
    const exclusion = exclusionOf(tag);
    if (exclusion !== undefined) return `is excluded by ${exclusion}`;
    if (minimumAgeMs === undefined) return undefined;
    if (firstSeenAt === undefined) return 'is not in the ledger, so nobody knows its age';
    return now - firstSeenAt < minimumAgeMs ? 'is younger than the minimum age' : undefined;
  };
}

function mostFirst(a: Reason, b: Reason): number {
  return b.count - a.count || (a.reason < b.reason ? -1 : 1);
}
