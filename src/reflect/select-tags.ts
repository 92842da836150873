import type { EpochMs } from '../clock.ts';
import { tooYoungReason } from '../policy/gates.ts';
import { makeSelector, type Reason, type SelectionOutcome, type SelectionPolicy } from '../policy/select.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';

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
  const refused: string[] = [];
  const asked = new Set(options.explain);
  const refusedAsked = new Set<string>();
  let count = 0;
  for await (const page of pages) {
    options.signal?.throwIfAborted();
    const tags = page.map(tryParseTag);
    for (const [index, tag] of tags.entries()) {
      if (tag !== undefined) continue;
      count += 1;
      const text = page[index] ?? '';
      if (refused.length < examplesMax) refused.push(text.slice(0, exampleLengthMax));
      if (asked.has(text)) refusedAsked.add(text);
    }
    await selection.offer(tags.filter((tag) => tag !== undefined));
  }
  const outcome = await selection.finish();
  return withRefused(outcome, { reason: noTagReason, count, examples: refused }, refusedAsked);
}

const noTagReason = 'is no tag';

/** Of texts that are no tags: enough to see what they are. */
const examplesMax = 3;
const exampleLengthMax = 128;

function withRefused(outcome: SelectedTags, refused: Reason, asked: ReadonlySet<string>): SelectedTags {
  if (refused.count === 0) return outcome;
  const { considered, reasons, explanations } = outcome;
  return {
    ...outcome,
    considered: considered + refused.count,
    reasons: mostFirst([...reasons, refused]),
    explanations: explanations.map((one) => (asked.has(one.tag) ? { ...one, reason: noTagReason } : one)),
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
  const agesOf = makeAges(rest, questions, options.now);
  let ripeAt: EpochMs | undefined;
  return {
    async offer(page) {
      const ages = await agesOf(page);
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
      return { ...selected, ripeAt };
    },
  };
}

/** Ages of the tags on a page whose age matters; undefined where none does. */
function makeAges(
  { minimumAgeMs, ...rest }: SelectionPolicy,
  questions: TagQuestions,
  now: EpochMs,
): (page: readonly Tag[]) => Promise<ReadonlyMap<Tag, EpochMs> | undefined> {
  if (rest.order.kind === 'firstSeen') return (page) => questions.firstSeenAt(page);
  if (minimumAgeMs === undefined || minimumAgeMs <= 0) return async () => undefined;
  const matching = makeSelector(rest, { now });
  return (page) => questions.firstSeenAt(page.filter((tag) => matching.offer(tag) === undefined));
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
    reasons: mostFirst([...ranked.reasons, ...asked.reasons, ...rest]),
    explanations: asked.explanations.map((one, index) =>
      ranked.candidates.some(({ tag }) => tag === one.tag) ? one : (ranked.explanations[index] ?? one),
    ),
  };
}

function mostFirst(reasons: readonly Reason[]): readonly Reason[] {
  return reasons.toSorted((one, other) => other.count - one.count);
}
