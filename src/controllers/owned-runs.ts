import type { Timing } from '../timing.ts';
import type { Keys } from './ownership.ts';

/** Runs under way, by the key that they are owned by: to be stopped, or waited for, with it. */
export interface OwnedRuns {
  run<Result>(
    owner: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result>;
  /** Aborts those of some keys. */
  stop(keys: Keys, reason: string): void;
  /** Resolves when those of some keys have ended; aborts them after `graceMs`. */
  ended(keys: Keys, graceMs: number): Promise<void>;
}

type Run = { readonly owner: string; readonly stopping: AbortController; readonly ended: Promise<void> };

export function makeOwnedRuns(timing: Timing): OwnedRuns {
  const runs = new Set<Run>();

  function stop(keys: Keys, reason: string): void {
    for (const run of runs) if (keys(run.owner)) run.stopping.abort(new Error(reason));
  }

  return {
    async run(owner, signal, work) {
      const ended = Promise.withResolvers<void>();
      const run: Run = { owner, stopping: new AbortController(), ended: ended.promise };
      runs.add(run);
      try {
        return await work(AbortSignal.any([signal, run.stopping.signal]));
      } finally {
        runs.delete(run);
        ended.resolve();
      }
    },
    stop,
    async ended(keys, graceMs) {
      const callOff = timing.schedule(graceMs, () => stop(keys, 'told to stop'));
      await Promise.all([...runs].filter(({ owner }) => keys(owner)).map((run) => run.ended));
      callOff();
    },
  };
}
