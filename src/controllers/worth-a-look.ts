import type { ReflectedObject } from '../api/api.ts';
import { finalizer } from '../api/api.ts';
import { conditionTypes, findCondition } from '../api/conditions.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';

/**
 * Whether a change of an object asks for a reconciliation: its spec, an annotation, its deletion, a selection
 * that somebody else wrote, a status that somebody emptied. Our own writes of a status ask for nothing.
 */
export function isWorthALook(before: ReflectedObject | undefined, now: ReflectedObject): boolean {
  return (
    before === undefined ||
    before.meta.uid !== now.meta.uid ||
    before.meta.generation !== now.meta.generation ||
    before.meta.isBeingDeleted !== now.meta.isBeingDeleted ||
    before.meta.finalizers.includes(finalizer) !== now.meta.finalizers.includes(finalizer) ||
    !isEqual(before.meta.annotations, now.meta.annotations) ||
    !isEqual(resultOf(before), resultOf(now)) ||
    (isReported(before) && !isReported(now))
  );
}

/** Whether the policies of a repository should look again. */
export function hasNewScan(before: ImageRepository, now: ImageRepository): boolean {
  return (
    before.meta.generation !== now.meta.generation ||
    !isEqual(before.status.lastScanResult, now.status.lastScanResult)
  );
}

/** The repository a policy refers to, by key; undefined where its spec cannot be read. */
export function repositoryKeyOf({ spec }: ImagePolicy): string | undefined {
  return spec instanceof FieldError ? undefined : formatNamespacedName(spec.repository);
}

function isReported({ status }: ReflectedObject): boolean {
  return findCondition(status.conditions, conditionTypes.ready) !== undefined;
}

function resultOf(object: ReflectedObject): unknown {
  return object.kind === 'ImagePolicy' ? object.status.latestRef : object.status.lastScanResult?.revision;
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
