import type { EpochMs } from '../clock.ts';
import { tooYoungReason } from '../policy/gates.ts';
import type { WaitingTag } from '../policy/guard.ts';
import { mostFirst, type Reason, Rejections } from '../policy/rejections.ts';
import {
  type Candidate,
  makeSelector,
  type SelectionOutcome,
  type SelectionPolicy,
} from '../policy/select.ts';
import { findTagFault, type Tag, type TagFault, tryParseTag } from '../reference/tag.ts';

/** Best tags asked for their platforms, one by one, beyond those wanted: each may cost requests. */
const askedCandidatesMax = 100;

/** What is only known by asking. */
export type TagQuestions = {
  /** When the ledger first saw each of these; those it never saw are left out. */
  firstSeenAt(tags: readonly Tag[]): Promise<ReadonlyMap<Tag, EpochMs>>;
  /** Which of the required platforms a tag has; undefined where it says nothing of platforms. */
  platformsOf(tag: Tag): Promise<readonly string[] | undefined>;
};

export type SelectTagsOptions = {
  readonly now: EpochMs;
  readonly top: number;
  readonly explain?: readonly string[];
  readonly signal?: AbortSignal;
};

export type SelectedTags = SelectionOutcome & {
  /** When the first of the tags that are too young will be old enough; undefined where none is. */
  readonly ripeAt: EpochMs | undefined;
  /** Best tag, had no tag to be of any age; absent where that is selected. Platforms are not asked for. */
  readonly waiting: WaitingTag | undefined;
};

/** Takes the tags of a list page by page; memory does not grow with their number. */
export interface TagSelection {
  offer(page: readonly Tag[]): Promise<void>;
  finish(): Promise<SelectedTags>;
}

/**
 * Selects from a stream of texts, of which some may be no tags.
 * @throws PolicyError; whatever the stream or a question fails with
 */
export async function selectTags(
  pages: AsyncIterable<readonly string[]>,
  policy: SelectionPolicy,
  questions: TagQuestions,
  options: SelectTagsOptions,
): Promise<SelectedTags> {
  const selection = makeTagSelection(policy, questions, options);
  const refused = new Rejections();
  const asked = new Set(options.explain);
  const refusedAsked = new Map<string, string>();
  const refuse = (text: string, { what, where }: TagFault) => {
    const reason = `is no tag, for it ${what}`;
    refused.count(text.slice(0, exampleLengthMax), reason);
    if (asked.has(text)) refusedAsked.set(text, `${reason} (${where})`);
  };
  for await (const page of pages) {
    options.signal?.throwIfAborted();
    const tags = page.map(tryParseTag);
    for (const [index, tag] of tags.entries()) {
      if (tag !== undefined) continue;
      const text = page[index] ?? '';
      const fault = findTagFault(text);
      if (fault !== undefined) refuse(text, fault);
    }
    await selection.offer(tags.filter((tag) => tag !== undefined));
  }
  return withRefused(await selection.finish(), refused.list(), refusedAsked);
}

/** Of texts that are no tags, in characters: enough to see what they are. */
const exampleLengthMax = 128;

function withRefused(
  outcome: SelectedTags,
  refused: readonly Reason[],
  asked: ReadonlyMap<string, string>,
): SelectedTags {
  if (refused.length === 0) return outcome;
  const { considered, reasons, explanations } = outcome;
  return {
    ...outcome,
    considered: considered + refused.reduce((sum, { count }) => sum + count, 0),
    reasons: [...reasons, ...refused].sort(mostFirst),
    explanations: explanations.map((one) => ({ ...one, reason: asked.get(one.tag) ?? one.reason })),
  };
}

/**
 * One selection under way. Ages are asked for page by page, of the tags that match; platforms last, from the best
 * tag downwards, so that a large repository costs no request for each tag.
 * @throws PolicyError
 */
export function makeTagSelection(
  policy: SelectionPolicy,
  questions: TagQuestions,
  options: SelectTagsOptions,
): TagSelection {
  const { platforms = [], ...rest } = policy;
  const asksPlatforms = platforms.length > 0;
  const top = asksPlatforms ? options.top + askedCandidatesMax : options.top;
  const selector = makeSelector(rest, { ...options, top });
  const ageless = makeAgeless(rest, questions, options.now);
  let ripeAt: EpochMs | undefined;
  return {
    async offer(page) {
      const ages = await ageless.offer(page);
      for (const tag of page) {
        const firstSeenAt = ages?.get(tag);
        const reason = selector.offer(tag, ages === undefined ? undefined : { firstSeenAt });
        if (reason !== tooYoungReason || firstSeenAt === undefined) continue;
        ripeAt = Math.min(ripeAt ?? Number.POSITIVE_INFINITY, firstSeenAt + (rest.minimumAgeMs ?? 0));
      }
    },
    async finish() {
      const outcome = selector.outcome();
      const selected = asksPlatforms ? await askForBest(outcome, policy, questions, options) : outcome;
      return { ...selected, ripeAt, waiting: await ageless.waiting(outcome.selected) };
    },
  };
}

/** The last instant that a date can say. Source: ECMA-262, time values. */
const instantMax = 8_640_000_000_000_000;

/** The same selection as if age did not matter, and the ages that do. */
type Ageless = {
  /** Ages of the tags on a page that matter; undefined where none does. */
  offer(page: readonly Tag[]): Promise<ReadonlyMap<Tag, EpochMs> | undefined>;
  /** The best tag where it is another than the one selected. */
  waiting(selected: Candidate | undefined): Promise<WaitingTag | undefined>;
};

function makeAgeless(
  { minimumAgeMs = 0, ...rest }: SelectionPolicy,
  questions: TagQuestions,
  now: EpochMs,
): Ageless {
  const isByAge = rest.order.kind === 'firstSeen';
  if (minimumAgeMs <= 0) {
    return {
      offer: async (page) => (isByAge ? questions.firstSeenAt(page) : undefined),
      waiting: async () => undefined,
    };
  }
  const selector = makeSelector(rest, { now });
  return {
    async offer(page) {
      if (!isByAge) return questions.firstSeenAt(page.filter((tag) => selector.offer(tag) === undefined));
      const ages = await questions.firstSeenAt(page);
      for (const tag of page) selector.offer(tag, { firstSeenAt: ages.get(tag) });
      return ages;
    },
    async waiting(selected) {
      const tag = tryParseTag(selector.outcome().selected?.tag ?? '');
      if (tag === undefined || tag === selected?.tag) return undefined;
      const firstSeenAt = (await questions.firstSeenAt([tag])).get(tag);
      const ripeAt = (firstSeenAt ?? Number.POSITIVE_INFINITY) + minimumAgeMs;
      return { tag, ripeAt: ripeAt <= instantMax ? ripeAt : undefined };
    },
  };
}

/** Goes down the best candidates, and asks each for its platforms until enough are found. */
async function askForBest(
  ranked: SelectionOutcome,
  { platforms = [], ...rest }: SelectionPolicy,
  questions: TagQuestions,
  { now, top, explain = [], signal }: SelectTagsOptions,
): Promise<SelectionOutcome> {
  const { minimumAgeMs: _known, ...policy } = rest;
  const selector = makeSelector({ ...policy, platforms }, { now, top, explain });
  let found = 0;
  for (const { tag: text } of ranked.candidates) {
    if (found >= top && !explain.includes(text)) continue;
    signal?.throwIfAborted();
    const tag = tryParseTag(text);
    if (tag === undefined) continue;
    const firstSeenAt =
      policy.order.kind === 'firstSeen' ? (await questions.firstSeenAt([tag])).get(tag) : undefined;
    const facts = { firstSeenAt, platforms: await questions.platformsOf(tag) };
    if (selector.offer(tag, facts) === undefined) found += 1;
  }
  return mergeAsked(ranked, selector.outcome(), found < top);
}

/** What asking made of the best tags, in place of what was known of them before. */
function mergeAsked(ranked: SelectionOutcome, asked: SelectionOutcome, isShort: boolean): SelectionOutcome {
  const notAsked = isShort ? ranked.matched - ranked.candidates.length : 0;
  const reason = `ranks below the ${asked.considered} best, which were asked for`;
  const rest: readonly Reason[] = notAsked === 0 ? [] : [{ reason, count: notAsked, examples: [] }];
  return {
    ...asked,
    considered: ranked.considered,
    matched: ranked.matched - (asked.considered - asked.matched) - notAsked,
    reasons: [...ranked.reasons, ...asked.reasons, ...rest].sort(mostFirst),
    explanations: asked.explanations.map((one, index) =>
      ranked.candidates.some(({ tag }) => tag === one.tag) ? one : (ranked.explanations[index] ?? one),
    ),
  };
}
