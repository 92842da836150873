import type { EpochMs } from '../clock.ts';
import type { TagFacts } from '../policy/order.ts';
import {
  makeSelector,
  type Reason,
  type SelectionOutcome,
  type SelectionPolicy,
  type Selector,
} from '../policy/select.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';

/** Best tags whose age or platforms are asked for, one by one, beyond those wanted: each may cost requests. */
const askedCandidatesMax = 100;

/** What is only known by asking for one tag. */
export type TagQuestions = {
  /** When the ledger first saw it; undefined where it never did. */
  firstSeenAt(tag: Tag): Promise<EpochMs | undefined>;
  /** Which of the required platforms it has; undefined where it says nothing of platforms. */
  platformsOf(tag: Tag): Promise<readonly string[] | undefined>;
};

export type SelectTagsOptions = {
  readonly now: EpochMs;
  readonly top: number;
  readonly explain?: readonly string[];
  readonly signal?: AbortSignal;
};

/**
 * Selects from a stream of tags in one pass, in constant memory. Age and platforms are asked for last, from the
 * best tag downwards, so that a large repository costs no request for each tag.
 * @throws PolicyError; whatever the stream or a question fails with
 */
export async function selectTags(
  pages: AsyncIterable<readonly string[]>,
  policy: SelectionPolicy,
  questions: TagQuestions,
  options: SelectTagsOptions,
): Promise<SelectionOutcome> {
  const { minimumAgeMs, platforms = [], ...rest } = policy;
  const asksLater = minimumAgeMs !== undefined || platforms.length > 0;
  const top = asksLater ? options.top + askedCandidatesMax : options.top;
  const selector = makeSelector(rest, { ...options, top });
  const refused = await offerPages(pages, selector, policy, questions, options.signal);
  const outcome = withRefused(selector.outcome(), refused);
  return asksLater ? askForBest(outcome, policy, questions, options) : outcome;
}

/** Answers the texts that were no tags: how many, and a few of them. */
async function offerPages(
  pages: AsyncIterable<readonly string[]>,
  selector: Selector,
  { order }: SelectionPolicy,
  questions: TagQuestions,
  signal: AbortSignal | undefined,
): Promise<Reason> {
  const examples: string[] = [];
  let count = 0;
  for await (const page of pages) {
    signal?.throwIfAborted();
    for (const text of page) {
      const tag = tryParseTag(text);
      if (tag === undefined) {
        count += 1;
        if (examples.length < examplesMax) examples.push(text.slice(0, exampleLengthMax));
      } else if (order.kind === 'firstSeen') {
        selector.offer(tag, { firstSeenAt: await questions.firstSeenAt(tag) });
      } else selector.offer(tag);
    }
  }
  return { reason: 'is no tag', count, examples };
}

/** Of texts that are no tags: enough to see what they are. */
const examplesMax = 3;
const exampleLengthMax = 128;

function withRefused(outcome: SelectionOutcome, refused: Reason): SelectionOutcome {
  if (refused.count === 0) return outcome;
  const { considered, reasons } = outcome;
  return { ...outcome, considered: considered + refused.count, reasons: [...reasons, refused] };
}

/** Goes down the best candidates, and asks for what only asking tells, until enough are found. */
async function askForBest(
  ranked: SelectionOutcome,
  policy: SelectionPolicy,
  questions: TagQuestions,
  { now, top, explain = [], signal }: SelectTagsOptions,
): Promise<SelectionOutcome> {
  const selector = makeSelector(policy, { now, top, explain });
  let found = 0;
  for (const { tag: text } of ranked.candidates) {
    if (found >= top && !explain.includes(text)) continue;
    signal?.throwIfAborted();
    const tag = tryParseTag(text);
    const facts = tag && (await factsOf(tag, policy, questions));
    if (facts !== undefined && selector.offer(text, facts) === undefined) found += 1;
  }
  const asked = selector.outcome();
  const notAsked = found < top ? ranked.matched - ranked.candidates.length : 0;
  const rest: readonly Reason[] =
    notAsked === 0
      ? []
      : [
          {
            reason: `ranks below the ${asked.considered} best, which were asked for`,
            count: notAsked,
            examples: [],
          },
        ];
  return {
    ...asked,
    considered: ranked.considered,
    matched: ranked.matched - (asked.considered - asked.matched) - notAsked,
    reasons: [...ranked.reasons, ...asked.reasons, ...rest],
    explanations: asked.explanations.map((one, index) =>
      ranked.candidates.some(({ tag }) => tag === one.tag) ? one : (ranked.explanations[index] ?? one),
    ),
  };
}

async function factsOf(tag: Tag, policy: SelectionPolicy, questions: TagQuestions): Promise<TagFacts> {
  const isAged = policy.minimumAgeMs !== undefined || policy.order.kind === 'firstSeen';
  const firstSeenAt = isAged ? await questions.firstSeenAt(tag) : undefined;
  // What is too young needs no request to a registry.
  const isAsked = (policy.platforms ?? []).length > 0 && (!isAged || firstSeenAt !== undefined);
  return { firstSeenAt, platforms: isAsked ? await questions.platformsOf(tag) : undefined };
}
