/**
 * Room `policy`: which version is wanted. Orders of versions, filters, selecting, and the guard that lets a
 * selection only go forward. Pure; may import rung 0 only.
 *
 * Invariants: a selection does not depend on the order the tags came in; it is one of them; worse tags do not
 * change it; memory does not grow with the number of tags.
 */
import type { EpochMs } from '../clock.ts';
import { makeBest } from './best.ts';
import { explainCandidate } from './explain.ts';
import { compileGates, type HeldBack } from './gates.ts';
import { ageUnknown, type Order, type OrderSpec, type TagFacts, Unranked, withOrder } from './order.ts';
import type { Ranked } from './ranking.ts';
import { type Reason, Rejections } from './rejections.ts';
import { compileTagFilter, type TagFilter, type TagFilterSpec } from './tag-filter.ts';

export type SelectionPolicy = {
  readonly order: OrderSpec;
  readonly filter?: TagFilterSpec;
  /** RE2 patterns; a tag in which one occurs is never looked at. */
  readonly exclude?: readonly string[];
  /** Tags never chosen, by name: a bad release. */
  readonly skip?: readonly string[];
  /** Tags kept back for a time, by name. */
  readonly holdBack?: readonly HeldBack[];
  /** A tag must have been in the ledger for this long, in milliseconds. */
  readonly minimumAgeMs?: number;
  /** Every one of these must be among the tag's platforms. */
  readonly platforms?: readonly string[];
};

export type Candidate = {
  readonly tag: string;
  /** What was ranked: the tag, or what the filter extracted from it. */
  readonly value: string;
};

/** What became of one tag that was asked about. */
export type Explanation = {
  readonly tag: string;
  readonly isSelected: boolean;
  /** Goes on after the tag: "is outranked by v1.2.3". */
  readonly reason: string;
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
  /** For the tags that were asked about, in the order they were asked. */
  readonly explanations: readonly Explanation[];
};

/** Takes tags one at a time and keeps only the best: one pass, constant memory. */
export interface Selector {
  /** Answers why the tag is no candidate, or undefined where it is one. */
  offer(tag: string, facts?: TagFacts): string | undefined;
  outcome(): SelectionOutcome;
}

export type SelectorOptions = {
  /** Now, for the minimum age and tags kept back. */
  readonly now: EpochMs;
  /** How many candidates are kept. At least 1. */
  readonly top?: number;
  /** Tags whose fate is wanted, by name. */
  readonly explain?: readonly string[];
};

/** Said of a tag that the filter does not let through. */
export const filteredReason = 'does not match the filter';

const emptyReason = 'leaves nothing to rank: the text extracted from it is empty';

/** @throws PolicyError `POLICY_INVALID`, `FILTER_INVALID` */
export function makeSelector(policy: SelectionPolicy, options: SelectorOptions): Selector {
  const reasonAgainst = compileGates(policy, options.now);
  const filter = compileTagFilter(policy.filter ?? { pattern: '', extract: '' });
  return withOrder(policy.order, (order) => collect({ order, filter, reasonAgainst }, options));
}

type Compiled<Rank> = {
  readonly order: Order<Rank>;
  readonly filter: TagFilter;
  readonly reasonAgainst: (tag: string, facts: TagFacts | undefined) => string | undefined;
};

function collect<Rank>(compiled: Compiled<Rank>, { top = 1, explain = [] }: SelectorOptions): Selector {
  const { order } = compiled;
  const best = makeBest(order, top);
  const rejections = new Rejections();
  const asked = new Map<string, Ranked<Rank> | string | undefined>(explain.map((tag) => [tag, undefined]));
  const counts = { considered: 0, matched: 0 };
  return {
    offer(tag, facts) {
      counts.considered += 1;
      const result = judge(compiled, tag, facts);
      if (asked.size > 0 && asked.has(tag)) asked.set(tag, result);
      if (typeof result === 'string') {
        rejections.count(tag, result);
        return result;
      }
      counts.matched += 1;
      best.offer(result);
      return undefined;
    },
    outcome: () => {
      const candidates = best.list();
      const [selected] = candidates;
      return {
        selected: selected && candidateOf(selected),
        ...counts,
        candidates: candidates.map(candidateOf),
        reasons: rejections.list(),
        explanations: [...asked].map(([tag, fate]) => explainCandidate(tag, fate, selected, order)),
      };
    },
  };
}

/** The tag with its rank, or why it has none. */
function judge<Rank>(
  { order, filter, reasonAgainst }: Compiled<Rank>,
  tag: string,
  facts: TagFacts | undefined,
): Ranked<Rank> | string {
  const value = filter(tag);
  if (value === undefined) return filteredReason;
  const rank = order.rank(value, facts);
  if (rank instanceof Unranked) {
    return value === '' && rank.reason !== ageUnknown ? emptyReason : rank.reason;
  }
  // The rank is the cheap question: most tags need no other.
  return reasonAgainst(tag, facts) ?? { tag, value, rank };
}

function candidateOf({ tag, value }: Candidate): Candidate {
  return { tag, value };
}
