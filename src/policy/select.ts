/**
 * Room `policy`: which version is wanted. Orders of versions, filters, selecting, and the guard that lets a
 * selection only go forward. Pure; may import rung 0 only.
 *
 * Invariants: a selection does not depend on the order the tags came in; it is one of them; worse tags do not
 * change it; memory does not grow with the number of tags.
 */
import type { EpochMs } from '../clock.ts';
import { explainCandidate } from './explain.ts';
import { compileGates, type HeldBack } from './gates.ts';
import { ageUnknown, type Order, type OrderSpec, type TagFacts, Unranked, withOrder } from './order.ts';
import { isBetter, type Ranked } from './ranking.ts';
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

/** Why tags were not chosen: how many for one reason, and a few of them. */
export type Reason = {
  readonly reason: string;
  readonly count: number;
  readonly examples: readonly string[];
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

/** Tags named for one reason: enough to recognise it by. */
const examplesMax = 3;

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
  const best: Ranked<Rank>[] = [];
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
      keepBest(best, result, order, top);
      return undefined;
    },
    outcome: () => {
      const [selected] = best;
      return {
        selected: selected && candidateOf(selected),
        ...counts,
        candidates: best.map(candidateOf),
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

/** Counts tags by the reason against them, and remembers a few of each. */
class Rejections {
  readonly #noted = new Map<string, { count: number; examples: string[] }>();

  count(tag: string, reason: string): void {
    const noted = this.#noted.get(reason);
    if (noted === undefined) {
      this.#noted.set(reason, { count: 1, examples: [tag] });
      return;
    }
    noted.count += 1;
    if (noted.examples.length < examplesMax) noted.examples.push(tag);
  }

  list(): readonly Reason[] {
    return [...this.#noted].map(([reason, noted]) => ({ reason, ...noted })).sort(mostFirst);
  }
}

/** Inserts into the sorted list and drops what no longer fits. A tag that a registry lists twice is kept once. */
function keepBest<Rank>(best: Ranked<Rank>[], one: Ranked<Rank>, order: Order<Rank>, top: number): void {
  const last = best.at(-1);
  // Most tags rank below all that are kept, and one that does not ranks above the last.
  const ranksLast = last === undefined || !isBetter(one, last, order);
  let [low, high] = ranksLast ? [best.length, best.length] : [0, best.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const known = best[middle];
    if (known !== undefined && isBetter(one, known, order)) high = middle;
    else low = middle + 1;
  }
  const place = low;
  if (place >= top || best[place - 1]?.tag === one.tag || best[place]?.tag === one.tag) return;
  if (best.length >= top) best.pop();
  if (place === best.length) best.push(one);
  else best.splice(place, 0, one);
}

function candidateOf({ tag, value }: Candidate): Candidate {
  return { tag, value };
}

function mostFirst(a: Reason, b: Reason): number {
  return b.count - a.count || (a.reason < b.reason ? -1 : 1);
}
