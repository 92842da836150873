import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Timing, wait } from '../timing.ts';
import { ClusterError } from './errors.ts';
import type { KubernetesClient, NamespacedName } from './kubernetes-client.ts';
import { type LeaderTimes, leaderTimes } from './leader-times.ts';
import { type LeaseClaim, makeLeaseClaim } from './lease-claim.ts';

/** One stretch of being the leader. */
export type Leadership = {
  /** Aborted the moment it is lost: work must stop, and write no more. */
  readonly signal: AbortSignal;
  /** Asked before each write: false as soon as another could have taken the lease, even while nobody told us. */
  isLeader(): boolean;
};

export type LeaderOptions = {
  readonly client: KubernetesClient;
  readonly lease: NamespacedName;
  /** Unique in the cluster, also from the process before this one: e.g. pod name and a random part. */
  readonly identity: string;
  readonly times?: LeaderTimes;
  /** False: at the end the lease is left to run out. Default true. */
  readonly isReleasedAtEnd?: boolean;
  /** The leader's work: called for each term. It ends when it is lost, or when `signal` asks; with it, all ends. */
  readonly lead: (leadership: Leadership) => Promise<void>;
  /** Who holds the lease, whenever that changes; undefined for nobody. */
  readonly onHolder?: (holder: string | undefined) => void;
  /** Ends the candidacy. `lead` is to end its work too; it stays the leader until it has, then gives the lease back. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
};

/** Part of the renew deadline that one question may take: a silent server must not cost the whole of it. */
const triesPerDeadline = 3;

/** Part of the period between looks that is left to chance, so that candidates do not come together. */
const jitter = 0.2;

/**
 * Stands for leader until the signal ends it: waits for the lease, leads, stands again where it was lost.
 * Resolves when the work has ended by itself or by the signal.
 * @throws what `lead` throws, once the lease is given back; ClusterError never: a cluster that is away is waited for
 */
export async function standForLeader(options: LeaderOptions): Promise<void> {
  const claim = makeLeaseClaim(options);
  while (!options.signal.aborted) {
    if (!(await acquire(claim, options))) return;
    if (await lead(claim, options)) return;
  }
}

/** True where the lease is ours, false where the signal came first. */
async function acquire(claim: LeaseClaim, options: LeaderOptions): Promise<boolean> {
  const { signal, timing, times = leaderTimes, log } = options;
  while (!signal.aborted) {
    const waitMs = times.retryPeriodMs * (1 + jitter * timing.random());
    let untilFreeMs = waitMs;
    try {
      const outcome = await tryToHold(claim, options, signal);
      // A process that was stopped since it asked must not begin what it has lost already.
      if (outcome.kind === 'held' && timing.elapsedMs() < claim.heldUntilMs()) return true;
      if (outcome.kind === 'other') untilFreeMs = outcome.freeInMs;
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (!signal.aborted) log.write('warn', `cannot stand for leader: ${describeError(error)}`);
    }
    await wait(timing, Math.min(waitMs, untilFreeMs), signal).catch(() => undefined);
  }
  return false;
}

/** True where the work ended, false where the lease was lost. */
async function lead(claim: LeaseClaim, options: LeaderOptions): Promise<boolean> {
  const { timing, log, lease } = options;
  const lost = new AbortController();
  const ended = new AbortController();
  const isLeader = (): boolean => !lost.signal.aborted && timing.elapsedMs() < claim.heldUntilMs();
  log.write('info', 'leading', { lease: lease.name, identity: options.identity });
  const work = options.lead({ signal: lost.signal, isLeader }).finally(() => ended.abort());
  const stopWatching = atDeadline(claim, timing, () => lost.abort(leaseLost('not renewed in time')));
  // Awaited below; until then its failure must not be nobody's.
  work.catch(() => undefined);
  await renew(claim, options, { lost, ended: ended.signal });
  stopWatching();
  if (lost.signal.aborted) {
    log.write('warn', 'no longer leading', { lease: lease.name, why: describeError(lost.signal.reason) });
    // What it throws now comes of being stopped.
    await work.catch(() => undefined);
    return false;
  }
  if (options.isReleasedAtEnd !== false) await release(claim, options);
  await work;
  return true;
}

/** Renews until the work has ended or the lease is lost. */
async function renew(
  claim: LeaseClaim,
  options: LeaderOptions,
  { lost, ended }: { readonly lost: AbortController; readonly ended: AbortSignal },
): Promise<void> {
  const { timing, times = leaderTimes, log } = options;
  const over = AbortSignal.any([lost.signal, ended]);
  while (!over.aborted) {
    await wait(timing, times.retryPeriodMs, over).catch(() => undefined);
    if (over.aborted) return;
    try {
      const outcome = await tryToHold(claim, options, over);
      if (outcome.kind === 'other') lost.abort(leaseLost(`${outcome.holder} holds it`));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (!over.aborted) log.write('warn', `cannot renew the lease: ${describeError(error)}`);
    }
  }
}

async function release(claim: LeaseClaim, options: LeaderOptions): Promise<void> {
  const { log } = options;
  try {
    await inTime(options, new AbortController().signal, (signal) => claim.release(signal));
    log.write('info', 'the lease is given back', { lease: options.lease.name });
  } catch (error) {
    // It runs out by itself.
    log.write('warn', `cannot give the lease back: ${describeError(error)}`);
  }
}

function tryToHold(
  claim: LeaseClaim,
  options: LeaderOptions,
  signal: AbortSignal,
): ReturnType<LeaseClaim['tryToHold']> {
  return inTime(options, signal, (inner) => claim.tryToHold(inner));
}

async function inTime<Result>(
  { timing, times = leaderTimes }: LeaderOptions,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController();
  const callOff = timing.schedule(times.renewDeadlineMs / triesPerDeadline, () =>
    late.abort(
      new ClusterError('CLUSTER_UNREACHABLE', 'no answer about the lease in time', { retryable: true }),
    ),
  );
  try {
    return await ask(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (signal.aborted) throw leaseLost('it is over');
    throw error;
  } finally {
    callOff();
  }
}

/** Calls as soon as the claim has run out, also while a renewal hangs. The answer calls that off. */
function atDeadline(claim: LeaseClaim, timing: Timing, call: () => void): () => void {
  let callOff: () => void = () => undefined;
  const look = (): void => {
    const leftMs = claim.heldUntilMs() - timing.elapsedMs();
    if (leftMs <= 0) call();
    else callOff = timing.schedule(leftMs, look);
  };
  look();
  return () => callOff();
}

function leaseLost(why: string): ClusterError {
  return new ClusterError('CLUSTER_CONFLICT', why, { retryable: true });
}
