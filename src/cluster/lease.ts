/** The Lease of a leader, as `coordination.k8s.io/v1` has it, and what to do about it: no I/O, no clock. */
import { type EpochMs, formatInstant } from '../clock.ts';
import { countAt, type ForeignObject, objectAt, textAt } from './foreign-value.ts';
import type { KubernetesObject, ResourceKind } from './kubernetes-client.ts';

export const leaseKind: ResourceKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
};

/** What we saw of a lease, and when by our own clock: its instants are another machine's, and mean nothing here. */
export type SeenLease = {
  /** Undefined where nobody holds it. */
  readonly holder: string | undefined;
  readonly durationMs: number;
  readonly transitions: number;
  /** What it was when last it changed; changes with each renewal. */
  readonly resourceVersion: string;
  /** `Timing.elapsedMs` when this resourceVersion was first seen. */
  readonly firstSeenMs: number;
};

export type LeaseStep =
  | { readonly kind: 'create' }
  | { readonly kind: 'renew' }
  /** Nobody holds it, or its holder did not renew it for as long as it holds. */
  | { readonly kind: 'take' }
  | { readonly kind: 'wait'; readonly holder: string; readonly forMs: number };

/** Longest time a lease is believed without renewal, whatever it says: a wrong one must not block for good. */
const durationMsMax = 3_600_000;

/**
 * What a candidate does about the lease it sees. Source: client-go's leader election, which counts from when it
 * saw the last renewal, so that clocks that differ do no harm.
 */
export function decideLease(seen: SeenLease | undefined, identity: string, nowMs: number): LeaseStep {
  if (seen === undefined) return { kind: 'create' };
  if (seen.holder === identity) return { kind: 'renew' };
  if (seen.holder === undefined) return { kind: 'take' };
  const forMs = seen.firstSeenMs + seen.durationMs - nowMs;
  return forMs <= 0 ? { kind: 'take' } : { kind: 'wait', holder: seen.holder, forMs };
}

/** What a Lease says. One that says nothing of how long it holds, holds for `ownDurationMs`. */
export function readLease(object: KubernetesObject, ownDurationMs: number): Omit<SeenLease, 'firstSeenMs'> {
  const spec = objectAt(object, 'spec');
  const seconds = countAt(spec, 'leaseDurationSeconds');
  const durationMs = seconds === undefined || seconds <= 0 ? ownDurationMs : seconds * 1000;
  return {
    holder: textAt(spec, 'holderIdentity'),
    durationMs: Math.min(durationMs, durationMsMax),
    transitions: countAt(spec, 'leaseTransitions') ?? 0,
    resourceVersion: textAt(object.metadata, 'resourceVersion') ?? '',
  };
}

export type LeaseTerms = { readonly identity: string; readonly durationMs: number };

/** The spec that makes this candidate the holder, or keeps it so. */
export function holdLease(
  before: ForeignObject,
  { identity, durationMs }: LeaseTerms,
  at: EpochMs,
): ForeignObject {
  const isRenewal = textAt(before, 'holderIdentity') === identity;
  const transitions = countAt(before, 'leaseTransitions');
  return {
    ...before,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    renewTime: microTime(at),
    acquireTime: isRenewal ? (textAt(before, 'acquireTime') ?? microTime(at)) : microTime(at),
    leaseTransitions: isRenewal ? (transitions ?? 0) : transitions === undefined ? 0 : transitions + 1,
  };
}

/** The spec that lets anybody take it at once. Source: client-go's release. */
export function releaseLease(before: ForeignObject, at: EpochMs): ForeignObject {
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(at) };
}

/** Source: metav1.MicroTime, which wants six digits. */
function microTime(at: EpochMs): string {
  return formatInstant(at).replace('Z', `.${String(Math.floor(at % 1000)).padStart(3, '0')}000Z`);
}
