import { policyAnnotations } from '../api/annotations.ts';
import { type Condition, conditionTypes, type NextCondition } from '../api/conditions.ts';
import { reasons } from '../api/reasons.ts';
import { formatInstant } from '../clock.ts';
import type { GuardOutcome } from '../policy/guard.ts';
import type { Offer, Rejection } from './offer-tag.ts';

/** What an ImageRepository says of itself. */
export type ScannedRepository = {
  /** `namespace/name`. */
  readonly name: string;
  readonly isSuspended: boolean;
  readonly ready: Pick<Condition, 'status' | 'reason' | 'message'> | undefined;
};

export type NothingSelected = {
  readonly verdict: GuardOutcome;
  readonly repository: ScannedRepository;
  readonly offer: Pick<Offer, 'summary' | 'filtered' | 'rejections' | 'waiting' | 'ripeAt'>;
  /** Annotations that cannot be understood. */
  readonly problems: readonly string[];
};

/** Reasons told of a list in which no tag matches: the most frequent ones. */
const toldMax = 3;

/** Of what a repository says of itself, in characters: its own condition has the rest. */
const quotedMax = 500;

/**
 * The condition of an ImagePolicy that selects nothing and never did: why, where Ready says no more than Flux does.
 * Whoever reads a fingerprint from it finds none.
 */
export function nothingSelectedCondition(nothing: NothingSelected): NextCondition {
  const [reason, why] = explain(nothing);
  const wrong = nothing.problems.map((problem) => `; ${problem}`).join('');
  const message = `nothing is selected: ${why}${wrong}`;
  return { type: conditionTypes.selection, status: 'False', reason, message };
}

function explain({
  verdict,
  repository,
  offer,
}: NothingSelected): readonly [NextCondition['reason'], string] {
  if (verdict.kind === 'ask') return [reasons.notSeenWhole, 'the registry is being asked'];
  if (verdict.kind === 'keep' && verdict.because === 'not-seen-whole') {
    return [reasons.notSeenWhole, `ImageRepository ${repository.name} ${describeRepository(repository)}`];
  }
  if (verdict.kind === 'keep' && verdict.because === 'consented-tag-missing') {
    return [reasons.annotationInvalid, 'the consent names a tag that the registry does not have'];
  }
  return offer.waiting === undefined
    ? [reasons.nothingMatches, describeNoMatch(offer)]
    : [reasons.awaitingAge, describeWait(offer)];
}

function describeRepository({ isSuspended, ready }: ScannedRepository): string {
  if (isSuspended) return 'is suspended, and has no scan of its image and exclusions';
  if (ready?.status === 'False') return `fails with ${ready.reason}: ${ready.message.slice(0, quotedMax)}`;
  return 'is not scanned yet';
}

/** How many tags there are, how many the filter lets through, and what stands against most of them. */
export function describeNoMatch({
  summary: { tagCount },
  filtered,
  rejections,
}: Pick<Offer, 'summary' | 'filtered' | 'rejections'>): string {
  if (tagCount === 0) return 'there is no tag, or exclusionList leaves none';
  const passed =
    filtered === tagCount ? '' : `, and ${filtered} ${filtered === 1 ? 'passes' : 'pass'} the filter`;
  const against = rejections.slice(0, toldMax).map(describeRejection);
  return [`none of ${countTags(tagCount)} matches${passed}`, ...against].join('; ');
}

function describeRejection({ reason, count, example }: Rejection): string {
  return `${example} ${reason} (${countTags(count)})`;
}

function countTags(count: number): string {
  return `${count} ${count === 1 ? 'tag' : 'tags'}`;
}

function describeWait({ waiting, ripeAt }: Pick<Offer, 'waiting' | 'ripeAt'>): string {
  const until = waiting?.ripeAt === undefined ? '' : ` until ${formatInstant(waiting.ripeAt)}`;
  const isSooner = ripeAt !== undefined && ripeAt !== waiting?.ripeAt;
  const sooner = isSooner ? `; the first one is old enough at ${formatInstant(ripeAt)}` : '';
  return `${waiting?.tag} waits${until}, younger than ${policyAnnotations.minimumAge} asks for${sooner}`;
}
