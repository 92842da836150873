/**
 * Room `memory`: how much of its container's memory this process uses. May import rung 0.
 *
 * Invariant: work is put off near the limit, never halved.
 */
import type { Log } from '../log.ts';
import type { Timing } from '../timing.ts';
import { describeMemory } from './describe-memory.ts';
import { judgeMemory, type MemoryLevel, mayStartScan, type ScanAdmission } from './memory-level.ts';
import { readMemoryLimit } from './memory-limit.ts';

export type MemoryState = {
  readonly usedBytes: number;
  /** Undefined where nothing limits it: the level is then always `normal`. */
  readonly limitBytes: number | undefined;
  /** `high` from 80 % of the limit: scans one at a time; `critical` from 90 %: none. */
  readonly level: MemoryLevel;
};

export interface MemoryWatch {
  /** Looks now. */
  measure(): MemoryState;
  /** Whether another scan may start now beside those that run. Looks, since a scan fills memory within a second. */
  admitScan(scansRunning: number): ScanAdmission;
  close(): void;
}

export type MemoryWatchOptions = {
  /** `/` on a machine: where `proc/self/cgroup` and `sys/fs/cgroup` are read. */
  readonly root: string;
  /** Resident memory of this process. */
  readonly usedBytes: () => number;
  /** Frees what can be freed, at the price of a pause: asked before work is put off. */
  readonly reclaim?: () => void;
  /** At every look. */
  readonly onMeasure?: (state: MemoryState) => void;
  /** When the level has changed: for an event. */
  readonly onLevel?: (state: MemoryState) => void;
  readonly timing: Timing;
  readonly log: Log;
};

/** Between looks. The limit is read again each time: it can be changed while a pod runs. */
const lookMs = 5000;

/** Between two times that memory is freed: a pause of some tenths of a second each. */
const reclaimMs = 10_000;

/** How long a look is good for scans that begin together: each costs about a millisecond. */
const freshMs = 100;

/** Watches from now on. */
export function watchMemory(options: MemoryWatchOptions): MemoryWatch {
  const { root, usedBytes, timing, log } = options;
  let level: MemoryLevel = 'normal';
  let last: { readonly state: MemoryState; readonly atMs: number } | undefined;
  let reclaimedAtMs = Number.NEGATIVE_INFINITY;
  let callOff: () => void = () => undefined;

  function measure(): MemoryState {
    const limitBytes = readMemoryLimit(root);
    const used = usedBytes();
    const next = limitBytes === undefined ? 'normal' : judgeMemory(level, used / limitBytes);
    const state = { usedBytes: used, limitBytes, level: next };
    last = { state, atMs: timing.elapsedMs() };
    options.onMeasure?.(state);
    if (next !== level) {
      level = next;
      log.write(next === 'normal' ? 'info' : 'warn', describeMemory(state), {
        memory: next,
        usedBytes: used,
        limitBytes,
      });
      options.onLevel?.(state);
    }
    return state;
  }

  /** An idle heap near the limit would never fall by itself, and what waits would wait for good. */
  function reclaim(state: MemoryState): MemoryState {
    if (state.level !== 'critical' || timing.elapsedMs() - reclaimedAtMs < reclaimMs) return state;
    reclaimedAtMs = timing.elapsedMs();
    options.reclaim?.();
    return measure();
  }

  function look(): void {
    measure();
    callOff = timing.schedule(lookMs, look);
  }

  look();
  return {
    measure,
    admitScan(scansRunning) {
      const fresh = last !== undefined && timing.elapsedMs() - last.atMs < freshMs ? last.state : undefined;
      const state = reclaim(fresh ?? measure());
      return mayStartScan(state.level, scansRunning)
        ? { kind: 'admitted' }
        : { kind: 'put-off', because: describeMemory(state) };
    },
    close: () => callOff(),
  };
}
