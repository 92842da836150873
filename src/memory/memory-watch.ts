/**
 * Room `memory`: how much of its container's memory this process uses. May import rung 0.
 *
 * Invariant: work is put off near the limit, never halved.
 */
import type { Log } from '../log.ts';
import type { Timing } from '../timing.ts';

export type MemoryState = {
  readonly usedBytes: number;
  /** Undefined where nothing limits it. */
  readonly limitBytes: number | undefined;
  /**
   * `high` from 80 % of the limit, until it is below 75 % again: scans one at a time; `critical` from 90 %, until
   * below 85 %: none.
   */
  readonly level: 'normal' | 'high' | 'critical';
};

export interface MemoryWatch {
  /** Looks now. */
  measure(): MemoryState;
  /** Whether another scan may start now beside those that run. */
  mayStartScan(scansRunning: number): boolean;
  close(): void;
}

export type MemoryWatchOptions = {
  /** `/` on a machine: where `proc/self/cgroup` and `sys/fs/cgroup` are read. */
  readonly root: string;
  /** Resident memory of this process. */
  readonly usedBytes: () => number;
  /** At every look. */
  readonly onMeasure?: (state: MemoryState) => void;
  /** When the level has changed: for a condition and an event. */
  readonly onLevel?: (state: MemoryState) => void;
  readonly timing: Timing;
  readonly log: Log;
};
