import { examplesMax, mostFirst, type Reason } from './rejections.ts';
import {
  type Candidate,
  filteredReason,
  makeSelector,
  type SelectionOutcome,
  type SelectionPolicy,
  type Selector,
} from './select.ts';

/** The best of a list of tags, and what is needed to follow the list's changes without looking at it again. */
export type Standing = {
  readonly best: Candidate | undefined;
  /** Tags that passed everything and have a rank. */
  readonly matched: number;
  /** Tags that the filter let through. */
  readonly filtered: number;
};

/** Tags that are new in a list, and tags that were in it and are no longer. */
export type TagChange = { readonly appeared: readonly string[]; readonly gone: readonly string[] };

/** Whether a policy judges a tag by its name alone, so that the others of a list are worth what they were. */
function judgesByName({ order, minimumAgeMs, platforms = [], holdBack = [] }: SelectionPolicy): boolean {
  return order.kind !== 'firstSeen' && minimumAgeMs === undefined && platforms.length + holdBack.length === 0;
}

/**
 * What selecting from the whole changed list would answer, from the changes alone. Undefined where they do not
 * say it: the best tag is gone, or the policy judges by more than names.
 * @throws PolicyError `POLICY_INVALID`, `FILTER_INVALID`
 */
export function followStanding(
  policy: SelectionPolicy,
  standing: Standing,
  { appeared, gone }: TagChange,
): Standing | undefined {
  if (!judgesByName(policy) || gone.some((tag) => tag === standing.best?.tag)) return undefined;
  const selector = makeSelector(policy, noMatter);
  if (standing.best !== undefined) selector.offer(standing.best.tag);
  const came = count(appeared, selector);
  const went = count(gone, makeSelector(policy, noMatter));
  return {
    best: selector.outcome().selected,
    matched: standing.matched + came.matched - went.matched,
    filtered: standing.filtered + came.filtered - went.filtered,
  };
}

/** The clock does not matter to a policy that judges by names. */
const noMatter = { now: 0 };

function count(tags: readonly string[], selector: Selector): Omit<Standing, 'best'> {
  const verdicts = tags.map((tag) => selector.offer(tag));
  return {
    matched: verdicts.filter((reason) => reason === undefined).length,
    filtered: verdicts.filter((reason) => reason !== filteredReason).length,
  };
}

/**
 * Why no tag of the changed list is chosen, from why none was: with the counts and the first example that reading the
 * whole list would give. Undefined where the changes do not say it: all examples of a reason are gone.
 * @throws PolicyError `POLICY_INVALID`, `FILTER_INVALID`
 */
export function followRejections(
  policy: SelectionPolicy,
  before: readonly Reason[],
  { appeared, gone }: TagChange,
): readonly Reason[] | undefined {
  const selector = makeSelector(policy, noMatter);
  const known = new Map(before.map((one) => [one.reason, one]));
  const change = (tag: string, changed: (one: Reason) => Reason): void => {
    const reason = selector.offer(tag);
    if (reason !== undefined) {
      known.set(reason, changed(known.get(reason) ?? { reason, count: 0, examples: [] }));
    }
  };
  for (const tag of gone) change(tag, (one) => without(one, tag));
  for (const tag of appeared) change(tag, (one) => withTag(one, tag));
  const after = [...known.values()].filter(({ count }) => count > 0);
  return after.some(({ examples }) => examples.length === 0) ? undefined : after.sort(mostFirst);
}

function without({ reason, count, examples }: Reason, tag: string): Reason {
  return { reason, count: count - 1, examples: examples.filter((example) => example !== tag) };
}

/** The examples stay the least ones: beyond the last, there may be lesser ones that nobody remembers. */
function withTag({ reason, count, examples }: Reason, tag: string): Reason {
  const last = examples.at(-1);
  const isKnown = examples.length === count || (last !== undefined && tag < last);
  const all = isKnown ? [...examples, tag].sort(byCodeUnits).slice(0, examplesMax) : examples;
  return { reason, count: count + 1, examples: all };
}

function byCodeUnits(one: string, other: string): number {
  return one < other ? -1 : 1;
}

/** What a whole selection comes to. */
export function standingOf({ selected, considered, matched, reasons }: SelectionOutcome): Standing {
  const kept = reasons.find(({ reason }) => reason === filteredReason)?.count ?? 0;
  return { best: selected, matched, filtered: considered - kept };
}
