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

/** What a whole selection comes to. */
export function standingOf({ selected, considered, matched, reasons }: SelectionOutcome): Standing {
  const kept = reasons.find(({ reason }) => reason === filteredReason)?.count ?? 0;
  return { best: selected, matched, filtered: considered - kept };
}
