import type { Timing } from '../src/timing.ts';

export type ManualTiming = Timing & {
  /** Lets so much time go by: what becomes due is called in order, each with whatever it sets going. */
  advance(ms: number): Promise<void>;
  /** How far off the next call is; undefined where none is planned. */
  nextInMs(): number | undefined;
};

/** Time that goes by only when it is told to. */
export function manualTiming(random: () => number = () => 0): ManualTiming {
  const planned = new Set<{ readonly atMs: number; readonly call: () => void }>();
  let nowMs = 0;
  const next = () => [...planned].sort((one, other) => one.atMs - other.atMs)[0];
  return {
    elapsedMs: () => nowMs,
    random,
    schedule(afterMs, call) {
      const entry = { atMs: nowMs + Math.max(0, afterMs), call };
      planned.add(entry);
      return () => planned.delete(entry);
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let due = next(); due !== undefined && due.atMs <= untilMs; due = next()) {
        nowMs = due.atMs;
        planned.delete(due);
        due.call();
        await settle();
      }
      nowMs = untilMs;
    },
    nextInMs() {
      const due = next();
      return due === undefined ? undefined : due.atMs - nowMs;
    },
  };
}

/** Lets every promise that can be resolved be so. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
