import { type Fields, isFields, optionalIntegerAt, optionalListAt, optionalStringAt } from './read-fields.ts';
import type { Reason } from './reasons.ts';

/** A condition as Kubernetes writes it. Source: apimachinery, `metav1.Condition`. */
export type Condition = {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  /** RFC 3339: when `status` last changed. */
  readonly lastTransitionTime: string;
};

/** A condition to be set; the time of its last transition follows from the one it replaces. */
export type NextCondition = {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
};

/** Ready, Reconciling and Stalled are kstatus's. */
export const conditionTypes = {
  ready: 'Ready',
  reconciling: 'Reconciling',
  stalled: 'Stalled',
  /** Ours, on an ImagePolicy: what stays selected, under which policy, and what was refused. */
  selection: 'holdfast.dev/Selection',
  /** Ours, on an ImageRepository: annotations of ours that mean nothing there. */
  annotationInvalid: 'holdfast.dev/AnnotationInvalid',
  /** Ours: a scan that was asked for while the object was suspended, and is owed on resume. */
  requested: 'holdfast.dev/Requested',
  /** Ours, on an ImageRepository: its scan is due and waits for memory. Its last transition says since when. */
  scanPutOff: 'holdfast.dev/ScanPutOff',
  /** Ours, on an ImagePolicy: the selected tag points to another digest than when it was selected. */
  tagMoved: 'holdfast.dev/TagMoved',
} as const;

export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];

/** Longest message of a condition, as the API validates it. */
const messageLengthMax = 32_768;

/** The conditions of a status; what is none is passed over. */
export function parseConditions(status: Fields): readonly Condition[] {
  const list = optionalListAt(status, 'conditions', (item) =>
    isFields(item) ? parseCondition(item) : undefined,
  );
  return (list ?? []).filter((condition) => condition !== undefined);
}

function parseCondition(condition: Fields): Condition | undefined {
  const type = optionalStringAt(condition, 'type');
  const status = optionalStringAt(condition, 'status');
  if (type === undefined || (status !== 'True' && status !== 'False' && status !== 'Unknown'))
    return undefined;
  const observedGeneration = optionalIntegerAt(condition, 'observedGeneration');
  return {
    type,
    status,
    reason: optionalStringAt(condition, 'reason') ?? '',
    message: optionalStringAt(condition, 'message') ?? '',
    lastTransitionTime: optionalStringAt(condition, 'lastTransitionTime') ?? '',
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

export function findCondition(conditions: readonly Condition[], type: ConditionType): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

export function isTrue(conditions: readonly Condition[], type: ConditionType): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with `next` in place of those of the same type and without those of `removed`. One that says
 * the same as before keeps its time, so that setting twice changes nothing. Ours keep it for as long as their
 * status stays, as the API's conventions have it; of kstatus's it moves with reason and message too, as Flux has
 * it: dashboards read there when the last tag was selected.
 */
export function withConditions(
  before: readonly Condition[],
  change: { readonly set: readonly NextCondition[]; readonly remove?: readonly ConditionType[] },
  at: { readonly generation: number; readonly instant: string },
): readonly Condition[] {
  const removed: ReadonlySet<string> = new Set(change.remove);
  const set = new Map(change.set.map((next) => [next.type as string, next]));
  const written = (next: NextCondition): Condition => {
    const old = findCondition(before, next.type);
    const message = next.message.slice(0, messageLengthMax);
    const isSame =
      old?.status === next.status &&
      old.lastTransitionTime !== '' &&
      (!order.includes(next.type) || (old.reason === next.reason && old.message === message));
    return {
      type: next.type,
      status: next.status,
      reason: next.reason,
      message,
      observedGeneration: at.generation,
      lastTransitionTime: isSame ? old.lastTransitionTime : at.instant,
    };
  };
  const kept = before.filter(({ type }) => !removed.has(type) && !set.has(type));
  return [...change.set.map(written), ...kept].sort(inOrder);
}

/** As fluxcd/pkg sorts: what hinders comes first, Ready counts most. */
const order: readonly string[] = [conditionTypes.reconciling, conditionTypes.stalled, conditionTypes.ready];

function inOrder(a: Condition, b: Condition): number {
  const place = ({ type }: Condition): number => (order.includes(type) ? order.indexOf(type) : order.length);
  return place(a) - place(b) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);
}
