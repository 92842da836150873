import { finalizer, type ReflectedObject } from '../api/api.ts';
import { parseImagePolicy } from '../api/image-policy.ts';
import { parseImageRepository } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { type ForeignObject, isForeignObject } from '../cluster/foreign-value.ts';
import type { KubernetesObject } from '../cluster/kubernetes-client.ts';
import { fieldManager, type WriteOutcome } from './own-statuses.ts';
import type { Term } from './reflector.ts';
import { resourceOf } from './report.ts';

/**
 * Writes what differs of the status, provided that the object is still the one that was read. In observe mode
 * nothing is written.
 * @throws ClusterError `CLUSTER_CONFLICT` where it is not
 */
export async function writeStatus<Kind extends ReflectedObject>(
  term: Term,
  object: Kind,
  status: ForeignObject,
): Promise<Kind> {
  const current: ForeignObject = { ...object.status };
  const changed = Object.entries(status).filter(
    ([key, value]) => JSON.stringify(value ?? null) !== JSON.stringify(current[key] ?? null),
  );
  if (changed.length === 0 || term.options.observe) return object;
  const patch = {
    status: Object.fromEntries(changed.map(([key, value]) => [key, replacing(current[key], value)])),
  };
  return write(term, object, patch, 'status');
}

/** A merge patch that leaves nothing of what was there before. */
function replacing(before: unknown, after: unknown): unknown {
  if (!isForeignObject(before) || !isForeignObject(after)) return after ?? null;
  const gone = Object.keys(before).filter((key) => after[key] === undefined);
  return { ...after, ...Object.fromEntries(gone.map((key) => [key, null])) };
}

/** Adds the finalizer where it is missing. */
export async function ensureFinalizer<Kind extends ReflectedObject>(term: Term, object: Kind): Promise<Kind> {
  const { finalizers } = object.meta;
  if (finalizers.includes(finalizer) || term.options.observe) return object;
  return write(term, object, { metadata: { finalizers: [...finalizers, finalizer] } });
}

/** Whether it is there still, though deleted and let go by us. */
export function isHeld({ meta }: ReflectedObject): boolean {
  return meta.isBeingDeleted && meta.finalizers.some((one) => one !== finalizer);
}

/** Lets a deleted object go. */
export async function removeFinalizer(term: Term, object: ReflectedObject): Promise<void> {
  const { finalizers } = object.meta;
  if (!finalizers.includes(finalizer) || term.options.observe) return;
  await write(term, object, { metadata: { finalizers: finalizers.filter((one) => one !== finalizer) } });
}

async function write<Kind extends ReflectedObject>(
  term: Term,
  object: Kind,
  patch: { readonly metadata?: ForeignObject; readonly status?: ForeignObject },
  subresource?: 'status',
): Promise<Kind> {
  if (!term.mayWrite(object)) {
    throw new ClusterError('CLUSTER_CONFLICT', 'no longer ours: nothing is written', { retryable: true });
  }
  const { namespace, name, resourceVersion } = object.meta;
  const conditional = { ...patch, metadata: { ...patch.metadata, resourceVersion } };
  const options = subresource === undefined ? { fieldManager } : { fieldManager, subresource };
  const settle = subresource === undefined ? () => undefined : term.ownStatuses.begin(object);
  let written: KubernetesObject;
  try {
    written = await term.client.mergePatch(resourceOf(object), { namespace, name }, conditional, options);
  } catch (error) {
    settle(outcomeOf(error));
    throw error;
  }
  settle({ kind: 'written', object: written });
  const parsed = parse(object, written);
  remember(term, parsed);
  return parsed;
}

function outcomeOf(error: unknown): WriteOutcome {
  const isRefused = error instanceof ClusterError && error.code === 'CLUSTER_CONFLICT';
  return { kind: isRefused ? 'refused' : 'unknown' };
}

/** The same kind came back as was sent. */
function parse<Kind extends ReflectedObject>(sent: Kind, written: ForeignObject): Kind {
  return (
    sent.kind === 'ImageRepository' ? parseImageRepository(written) : parseImagePolicy(written)
  ) as Kind;
}

function remember(term: Term, object: ReflectedObject): void {
  if (object.kind === 'ImageRepository') term.repositories.renew(object);
  else term.policies.renew(object);
}
