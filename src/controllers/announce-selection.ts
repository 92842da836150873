import type { PolicyWishes } from '../api/annotations.ts';
import { type Condition, conditionTypes, findCondition, type NextCondition } from '../api/conditions.ts';
import type { ImagePolicy, ImageRef } from '../api/image-policy.ts';
import { type Reason, reasons } from '../api/reasons.ts';
import type { EpochMs } from '../clock.ts';
import type { HoldMeasure } from '../metrics/metrics.ts';
import { isOtherSituation } from '../reflect/selection-condition.ts';
import type { Candidacy, Election } from './elect-tag.ts';
import { describeStepBack } from './observed-step-back.ts';
import type { Term } from './reflector.ts';
import { objectEvent } from './report.ts';

export type Announcement = {
  readonly condition: NextCondition;
  readonly election: Election;
  readonly latestRef: ImageRef;
  readonly wishes: PolicyWishes;
};

/**
 * Says aloud, once for each situation, what is not as the policy alone would have it. Beside Flux, where none of it
 * came to be, the log alone says what would be refused: metrics tell of what is.
 */
export function announceSelection(
  term: Term,
  policy: ImagePolicy,
  { condition, election, latestRef, wishes }: Announcement,
): void {
  const { meta } = policy;
  const before = findCondition(policy.status.conditions, conditionTypes.selection);
  const isNew = isOtherSituation(before, condition);
  const fields = { ...logFields(policy), reason: condition.reason };
  const isRefused = condition.reason === reasons.regressionRefused;
  if (term.options.observe) {
    if (isRefused) term.log.write('warn', `would refuse: ${condition.message}`, fields);
    else if (isNew) term.log.write('info', condition.message, fields);
    return;
  }
  term.metrics.selected({
    policy: meta,
    image: latestRef.name,
    tag: latestRef.tag,
    selectedAt: selectedSince(term, election, latestRef),
  });
  term.metrics.held(meta, holdMeasure(wishes.hold, term.clock.now()));
  announceProblems(term, policy, wishes.problems, before);
  if (!isNew) return;
  if (condition.reason === reasons.rolledBackMissing) term.metrics.rolledBackMissing(meta);
  if (isRefused) term.metrics.regressionRefused(meta);
  term.log.write(isRefused ? 'warn' : 'info', condition.message, fields);
  if (!isQuiet(condition)) record(term, policy, condition);
}

/** Nothing was ever selected: that a tag waits for its age is no failure, and told as what it is. */
export function announceWait(term: Term, policy: ImagePolicy, condition: NextCondition): void {
  const before = findCondition(policy.status.conditions, conditionTypes.selection);
  if (condition.reason !== reasons.awaitingAge || term.options.observe) return;
  if (!isOtherSituation(before, condition)) return;
  term.log.write('info', condition.message, { ...logFields(policy), reason: condition.reason });
  record(term, policy, condition);
}

/** Of what matches nothing, Ready and its event tell. */
const quietReasons: readonly Reason[] = [reasons.upToDate, reasons.notSeenWhole, reasons.nothingMatches];
const warningReasons: readonly Reason[] = [
  reasons.regressionRefused,
  reasons.rolledBackMissing,
  reasons.annotationInvalid,
];

/** Annotations are told of by themselves. */
function isQuiet({ status, reason }: NextCondition): boolean {
  return quietReasons.includes(reason) || (status === 'True' && reason === reasons.annotationInvalid);
}

function record(term: Term, policy: ImagePolicy, { reason, message }: Omit<NextCondition, 'type'>): void {
  const type = warningReasons.includes(reason) ? 'Warning' : 'Normal';
  term.events.record(objectEvent(policy, type, reason, message));
}

/** Each annotation that cannot be understood, where the condition that tells of it did not do so before. */
export function announceProblems(
  term: Term,
  policy: ImagePolicy,
  problems: readonly string[],
  before: Condition | undefined,
): void {
  if (term.options.observe) return;
  const { annotationInvalid: reason } = reasons;
  for (const message of problems.filter((problem) => before?.message.includes(problem) !== true)) {
    term.log.write('warn', message, { ...logFields(policy), reason });
    term.events.record(objectEvent(policy, 'Warning', reason, message));
  }
}

/** Beside Flux: what its reflector wrote and ours would not have written. */
export function announceStepBack(term: Term, candidacy: Candidacy, election: Election): void {
  const message = describeStepBack(candidacy, election);
  if (message === undefined) return;
  term.log.write('warn', message, logFields(candidacy.policy));
}

/** Of what was selected before already, the ledger knows since when. */
export function selectedSince(term: Term, { recorded }: Election, latestRef: ImageRef): EpochMs {
  return recorded?.tag === latestRef.tag ? recorded.selectedAt : term.clock.now();
}

/** Also of a hold that is over, for as long as its annotation stands: nobody knows whether it was forgotten. */
function holdMeasure(hold: PolicyWishes['hold'], now: EpochMs): HoldMeasure | undefined {
  if (hold === undefined) return undefined;
  const { expiresAt } = hold;
  return expiresAt === undefined ? { isInForce: true } : { isInForce: now < expiresAt, untilAt: expiresAt };
}

function logFields({ meta }: ImagePolicy) {
  return { controller: 'imagepolicy', name: meta.name, namespace: meta.namespace };
}
