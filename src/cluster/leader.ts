import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Timing } from '../timing.ts';
import type { KubernetesClient, NamespacedName } from './kubernetes-client.ts';

/** One stretch of being the leader. */
export type Leadership = {
  /** Aborted the moment it ends: work must stop, and write no more. */
  readonly signal: AbortSignal;
  /** Asked before each write: false as soon as another could have taken the lease, even while nobody told us. */
  isLeader(): boolean;
};

/** Flux's defaults. A leader gives up `leaseDurationMs - renewDeadlineMs` before another may follow. */
export const leaderTimes: LeaderTimes = {
  leaseDurationMs: 35_000,
  renewDeadlineMs: 30_000,
  retryPeriodMs: 5_000,
};

export type LeaderTimes = {
  /** How long a lease holds that is not renewed. */
  readonly leaseDurationMs: number;
  /** How long a leader goes on without having renewed. Less than `leaseDurationMs`. */
  readonly renewDeadlineMs: number;
  /** Between renewals, and between looks at another's lease. */
  readonly retryPeriodMs: number;
};

export type LeaderOptions = {
  readonly client: KubernetesClient;
  readonly lease: NamespacedName;
  /** Unique in the cluster, also from the process before this one: e.g. pod name and a random part. */
  readonly identity: string;
  readonly times?: LeaderTimes;
  /** The leader's work: called for each term. May end by itself, which ends the candidacy too. */
  readonly lead: (leadership: Leadership) => Promise<void>;
  /** Who holds the lease, whenever that changes; undefined for nobody. */
  readonly onHolder?: (holder: string | undefined) => void;
  /** Ends the candidacy: the work is told to stop, and the lease is given back when it has. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
};
