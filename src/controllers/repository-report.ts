import { findRepositoryProblems, isNewRequest, requestedAtAnnotation } from '../api/annotations.ts';
import { conditionTypes, findCondition, type NextCondition } from '../api/conditions.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { reasons } from '../api/reasons.ts';
import { formatInstant } from '../clock.ts';
import { describeError } from '../errors.ts';
import { ReflectError } from '../reflect/errors.ts';
import type { Term } from './reflector.ts';
import { type Additions, commonStatus, eventOf, objectEvent, type Report } from './report.ts';
import type { RunOutcome } from './work-queue.ts';
import { writeDespiteEdits } from './write-despite-edits.ts';
import { writeStatus } from './write-object.ts';

/** Writes what a report leaves behind on an ImageRepository, and says it where it is new. */
export async function reportRepository(
  term: Term,
  object: ImageRepository,
  what: Report,
  fields: Partial<ImageRepository['status']>,
  additions: Additions = {},
): Promise<ImageRepository> {
  const event = eventOf(object, what);
  const misread = misreadOf(object);
  const changes = withMisread(withoutWaiting(what, additions), misread);
  const common = commonStatus(object, what, changes, formatInstant(term.clock.now()));
  const written = await writeStatus(term, object, { ...common, ...fields });
  if (term.options.observe) return written;
  if (event !== undefined) term.events.record(event);
  const before = findCondition(object.status.conditions, conditionTypes.annotationInvalid);
  if (misread !== undefined && misread.message !== before?.message) {
    term.log.write('warn', misread.message, { ...logFields(object), reason: misread.reason });
    term.events.record(objectEvent(object, 'Warning', misread.reason, misread.message));
  }
  return written;
}

/** What annotations say that nobody reads. */
function misreadOf({ meta }: ImageRepository): NextCondition | undefined {
  const problems = findRepositoryProblems(meta.annotations);
  if (problems.length === 0) return undefined;
  const { annotationInvalid: reason } = reasons;
  return { type: conditionTypes.annotationInvalid, status: 'True', reason, message: problems.join('; ') };
}

function withMisread({ set = [], remove = [] }: Additions, misread: NextCondition | undefined): Additions {
  return misread === undefined
    ? { set, remove: [...remove, conditionTypes.annotationInvalid] }
    : { set: [...set, misread], remove };
}

/** Whatever came of it, the scan does not wait any more. */
function withoutWaiting({ kind }: Report, { set = [], remove = [] }: Additions): Additions {
  return kind === 'waiting' || kind === 'progressing'
    ? { set, remove }
    : { set, remove: [...remove, conditionTypes.scanPutOff] };
}

/** Says that a scan began, where somebody may be waiting for it: of a new spec, or asked for. */
export async function reportProgress(
  term: Term,
  object: ImageRepository,
  reason: string,
): Promise<ImageRepository> {
  const { meta, status } = object;
  const requestedAt = meta.annotations[requestedAtAnnotation];
  const isKnown = findCondition(status.conditions, conditionTypes.ready) !== undefined;
  const isOfBefore =
    isKnown &&
    status.observedGeneration === meta.generation &&
    !isNewRequest(requestedAt, status.lastHandledReconcileAt);
  if (isOfBefore) return object;
  return reportRepository(term, object, { kind: 'progressing', message: `scanning: ${reason}` }, {});
}

export async function failScan(
  term: Term,
  object: ImageRepository,
  { error, reason }: { readonly error: unknown; readonly reason: string },
): Promise<RunOutcome> {
  if (error instanceof ReflectError && error.code === 'ACCESS_UNUSABLE') {
    return fail(term, object, { reason: reasons.authenticationFailed, message: error.message, error });
  }
  const message = `scan failed: ${describeError(error)}`;
  return fail(term, object, { message, error, during: `scanning: ${reason}` });
}

export async function fail(
  term: Term,
  object: ImageRepository,
  { reason = reasons.readOperationFailed, message, error, during }: FailedScan,
): Promise<RunOutcome> {
  const what: Report = { kind: 'failed', reason, message };
  await writeDespiteEdits(term, object, (seen) =>
    reportRepository(term, seen, during === undefined ? what : { ...what, during }, {}),
  );
  return { kind: 'failed', error };
}

type FailedScan = {
  readonly reason?: typeof reasons.authenticationFailed | typeof reasons.readOperationFailed;
  readonly message: string;
  readonly error: unknown;
  readonly during?: string;
};

export async function stall(
  term: Term,
  object: ImageRepository,
  { reason, message }: Omit<Extract<Report, { kind: 'stalled' }>, 'kind'>,
): Promise<RunOutcome> {
  await reportRepository(term, object, { kind: 'stalled', reason, message }, {});
  return { kind: 'done' };
}

/** A request is answered, because tools wait for it, and owed. */
export async function suspend(term: Term, object: ImageRepository): Promise<RunOutcome> {
  const requestedAt = object.meta.annotations[requestedAtAnnotation];
  if (!isNewRequest(requestedAt, object.status.lastHandledReconcileAt)) {
    await reportRepository(term, object, { kind: 'suspended' }, {});
    return { kind: 'done' };
  }
  const message = 'a scan was requested while suspended, and is owed on resume';
  const owed = {
    type: conditionTypes.requested,
    status: 'True',
    reason: reasons.suspended,
    message,
  } as const;
  await reportRepository(term, object, { kind: 'suspended' }, {}, { set: [owed] });
  return { kind: 'done' };
}

/** Beside each line of the log that is about an ImageRepository. */
export function logFields({ meta }: ImageRepository) {
  return { controller: 'imagerepository', name: meta.name, namespace: meta.namespace };
}
