import type { Clock } from '../clock.ts';
import type { Timing } from '../timing.ts';
import { ClusterError } from './errors.ts';
import { objectAt } from './foreign-value.ts';
import type { KubernetesClient, KubernetesObject, NamespacedName } from './kubernetes-client.ts';
import { type LeaderTimes, leaderTimes } from './leader-times.ts';
import { decideLease, holdLease, leaseKind, readLease, releaseLease, type SeenLease } from './lease.ts';

export type HoldOutcome =
  | { readonly kind: 'held' }
  | { readonly kind: 'other'; readonly holder: string; readonly freeInMs: number }
  /** Somebody else wrote first: look again. */
  | { readonly kind: 'raced' };

/** One candidate's claim to one lease: what it saw last, and until when it holds it. */
export interface LeaseClaim {
  /** Takes the lease where it is free, renews it where it is ours. @throws ClusterError; the signal's reason */
  tryToHold(signal: AbortSignal): Promise<HoldOutcome>;
  /** By `Timing.elapsedMs`: the instant from which it must not be relied on, without another renewal. */
  heldUntilMs(): number;
  /** Gives it back, where it is still ours. @throws ClusterError; the signal's reason */
  release(signal: AbortSignal): Promise<void>;
}

export type LeaseClaimOptions = {
  readonly client: KubernetesClient;
  readonly lease: NamespacedName;
  readonly identity: string;
  readonly times?: LeaderTimes;
  readonly onHolder?: (holder: string | undefined) => void;
  readonly clock: Clock;
  readonly timing: Timing;
};

const fieldManager = 'holdfast';

/** Writes of one renewal, where somebody else writes in between. */
const attemptsMax = 2;

export function makeLeaseClaim(options: LeaseClaimOptions): LeaseClaim {
  const { client, lease, identity, times = leaderTimes, clock, timing } = options;
  const terms = { identity, durationMs: times.leaseDurationMs };
  let object: KubernetesObject | undefined;
  let seen: SeenLease | undefined;
  let heldUntilMs = Number.NEGATIVE_INFINITY;

  function see(now: KubernetesObject | undefined): void {
    const before = seen;
    object = now;
    if (now === undefined) seen = undefined;
    else {
      const read = readLease(now, times.leaseDurationMs);
      const isSame = before?.resourceVersion === read.resourceVersion;
      seen = { ...read, firstSeenMs: isSame ? before.firstSeenMs : timing.elapsedMs() };
    }
    if (before?.holder !== seen?.holder) options.onHolder?.(seen?.holder);
  }

  /** Where it is ours, what we wrote last is the newest there is, or the write will say so. */
  async function look(signal: AbortSignal): Promise<void> {
    if (object === undefined || seen?.holder !== identity) see(await client.read(leaseKind, lease, signal));
  }

  async function write(
    spec: (before: KubernetesObject | undefined) => object,
    signal: AbortSignal,
  ): Promise<void> {
    const body = { ...object, apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec: spec(object) };
    see(
      object === undefined
        ? await client.create(leaseKind, lease.namespace, { ...body, metadata: { ...lease } }, signal)
        : await client.replace(leaseKind, { ...body, metadata: object.metadata }, { fieldManager, signal }),
    );
  }

  /** Runs a write made from what was seen; what was seen is worth nothing where that failed. */
  async function unlessRaced(run: () => Promise<void>): Promise<boolean> {
    try {
      await run();
      return true;
    } catch (error) {
      // Even a write that failed may have happened.
      object = undefined;
      if (error instanceof ClusterError && error.code === 'CLUSTER_CONFLICT') return false;
      throw error;
    }
  }

  return {
    async tryToHold(signal) {
      for (let attempt = 1; ; attempt += 1) {
        await look(signal);
        const step = decideLease(seen, identity, timing.elapsedMs());
        if (step.kind === 'wait') return { kind: 'other', holder: step.holder, freeInMs: step.forMs };
        // Before it is sent: others count from when they see it, which is later.
        const askedMs = timing.elapsedMs();
        if (
          await unlessRaced(() => write((before) => holdLease(specOf(before), terms, clock.now()), signal))
        ) {
          heldUntilMs = askedMs + times.renewDeadlineMs;
          return { kind: 'held' };
        }
        // Ours, and somebody wrote a label on it, or our last write came through after all.
        if (step.kind !== 'renew' || attempt === attemptsMax) return { kind: 'raced' };
      }
    },
    heldUntilMs: () => heldUntilMs,
    async release(signal) {
      heldUntilMs = Number.NEGATIVE_INFINITY;
      await look(signal);
      if (seen?.holder !== identity) return;
      await unlessRaced(() => write((before) => releaseLease(specOf(before), clock.now()), signal));
    },
  };
}

function specOf(object: KubernetesObject | undefined): ReturnType<typeof objectAt> {
  return object === undefined ? {} : objectAt(object, 'spec');
}
