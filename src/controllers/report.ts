import { requestedAtAnnotation } from '../api/annotations.ts';
import { apiGroup, apiVersion, imagePolicies, imageRepositories, type ReflectedObject } from '../api/api.ts';
import {
  type Condition,
  type ConditionType,
  conditionTypes,
  findCondition,
  isTrue,
  type NextCondition,
  withConditions,
} from '../api/conditions.ts';
import { type Reason, reasons } from '../api/reasons.ts';
import type { ObjectEvent } from '../cluster/event-recorder.ts';

/** What became of a reconciliation, for the object's conditions. */
export type Report =
  | { readonly kind: 'ready'; readonly message: string }
  /** Another attempt will be made. */
  | {
      readonly kind: 'failed';
      readonly reason: Reason;
      readonly message: string;
      /** What was under way, where it is more than reconciling. */
      readonly during?: string;
      /** No event tells of it. */
      readonly isQuiet?: boolean;
    }
  /** Only a change of the spec can help. */
  | { readonly kind: 'stalled'; readonly reason: Reason; readonly message: string }
  | { readonly kind: 'progressing'; readonly message: string }
  /** What is due waits its turn: `message` says what for. What was asked for is not handled. */
  | { readonly kind: 'waiting'; readonly message: string }
  /** Nothing was done, nothing is to be said. */
  | { readonly kind: 'suspended' };

export type Additions = {
  readonly set?: readonly NextCondition[];
  readonly remove?: readonly ConditionType[];
};

/** The part of a status that both kinds share. */
export type CommonStatus = {
  readonly conditions: readonly Condition[];
  readonly observedGeneration: number;
  readonly lastHandledReconcileAt: string | undefined;
};

/**
 * The conditions that a report leaves behind, as kstatus reads them. The generation is observed by those that
 * ended; the request is handled by all that tried, and by suspended objects, because command-line tools wait
 * for it.
 */
export function commonStatus(
  object: ReflectedObject,
  report: Report,
  { set = [], remove = [] }: Additions,
  instant: string,
): CommonStatus {
  const { meta, status } = object;
  const change = changeOf(report, object);
  const isAsleep =
    report.kind === 'suspended' && (isTrue(status.conditions, ready) || isTrue(status.conditions, stalled));
  const hasEnded = report.kind === 'ready' || report.kind === 'stalled' || isAsleep;
  const isHandled = report.kind !== 'progressing' && report.kind !== 'waiting';
  return {
    conditions: withConditions(
      status.conditions,
      { set: [...change.set, ...set], remove: [...change.remove, ...remove] },
      { generation: meta.generation, instant },
    ),
    observedGeneration: hasEnded ? meta.generation : status.observedGeneration,
    lastHandledReconcileAt: isHandled
      ? // An empty one leaves nothing behind, as Go writes it.
        (meta.annotations[requestedAtAnnotation] ?? status.lastHandledReconcileAt) || undefined
      : status.lastHandledReconcileAt,
  };
}

const { ready, reconciling, stalled } = conditionTypes;

function changeOf(report: Report, object: ReflectedObject): Required<Additions> {
  switch (report.kind) {
    case 'ready':
      return {
        set: [{ type: ready, status: 'True', reason: reasons.succeeded, message: report.message }],
        remove: [reconciling, stalled],
      };
    case 'stalled': {
      const { reason, message } = report;
      return {
        set: [
          { type: stalled, status: 'True', reason, message },
          { type: ready, status: 'False', reason, message },
        ],
        remove: [reconciling],
      };
    }
    case 'failed': {
      const { reason, message } = report;
      return {
        set: [
          {
            type: reconciling,
            status: 'True',
            reason: reasons.progressingWithRetry,
            message: report.during ?? describeWork(object),
          },
          { type: ready, status: 'False', reason, message },
        ],
        remove: [stalled],
      };
    }
    case 'progressing':
      return { set: progress(report.message, isUndecided(object)), remove: [] };
    case 'waiting':
      // Whoever was ready stays so: only what was never looked at is said to be under way.
      return { set: isUndecided(object) ? progress(report.message, true) : [], remove: [] };
    case 'suspended':
      return { set: [], remove: [] };
  }
}

function isUndecided({ status }: ReflectedObject): boolean {
  const known = findCondition(status.conditions, ready);
  return known === undefined || known.status === 'Unknown';
}

function progress(message: string, isReadyUnknown: boolean): readonly NextCondition[] {
  const { progressing: reason } = reasons;
  return [
    { type: reconciling, status: 'True', reason, message },
    ...(isReadyUnknown ? [{ type: ready, status: 'Unknown', reason, message } as const] : []),
  ];
}

/** Word for word as Flux says it. */
function describeWork({ meta, status }: ReflectedObject): string {
  return meta.generation === status.observedGeneration
    ? 'reconciliation in progress'
    : `processing object: new generation ${status.observedGeneration} -> ${meta.generation}`;
}

/** The event a report is worth: where it says something else than the object did. A retry says nothing new. */
export function eventOf(object: ReflectedObject, report: Report): ObjectEvent | undefined {
  if (report.kind === 'progressing' || report.kind === 'waiting' || report.kind === 'suspended')
    return undefined;
  if (report.kind === 'failed' && report.isQuiet === true) return undefined;
  const before = findCondition(object.status.conditions, ready);
  const isReady = report.kind === 'ready';
  const reason = isReady ? reasons.succeeded : report.reason;
  const isSame =
    before?.status === (isReady ? 'True' : 'False') &&
    before.message === report.message &&
    before.reason === reason;
  return isSame ? undefined : objectEvent(object, isReady ? 'Normal' : 'Warning', reason, report.message);
}

export function objectEvent(
  { kind, meta }: ReflectedObject,
  type: ObjectEvent['type'],
  reason: Reason,
  message: string,
): ObjectEvent {
  const { namespace, name, uid, resourceVersion, annotations } = meta;
  return {
    object: {
      apiVersion: `${apiGroup}/${apiVersion}`,
      kind,
      namespace,
      name,
      uid,
      resourceVersion,
      annotations,
    },
    type,
    reason,
    message,
  };
}

export function resourceOf({ kind }: ReflectedObject) {
  return kind === 'ImageRepository' ? imageRepositories : imagePolicies;
}
