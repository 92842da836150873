import type { Timing } from '../timing.ts';

/** What became of one run. A run that throws is `failed`, with what it threw. */
export type RunOutcome =
  /** Not before it is added again. */
  | { readonly kind: 'done' }
  /** Again after so long, and no failure: the next scan, a dependency that is waited for. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Again after a back-off that grows with each failure in a row. */
  | { readonly kind: 'failed'; readonly error: unknown };

export type WorkQueueOptions = {
  /** Runs at once. */
  readonly concurrency: number;
  /** First and longest wait after failures in a row. Source: `--min-retry-delay`, `--max-retry-delay`. */
  readonly retry: { readonly minMs: number; readonly maxMs: number };
  /** Never called twice at once for one key. The signal ends with the queue. */
  readonly run: (key: string, signal: AbortSignal) => Promise<RunOutcome>;
  readonly onRun?: (run: FinishedRun) => void;
  readonly timing: Timing;
};

export type FinishedRun = {
  readonly key: string;
  readonly outcome: RunOutcome;
  /** From when it was due until it began. */
  readonly waitedMs: number;
  readonly ranMs: number;
};

/** Keys to work on: each at most once in it, and one run of a key at a time. */
export interface WorkQueue {
  /** As soon as may be; once more after the run that is under way. Takes the place of a later time. */
  add(key: string): void;
  /** After so long, unless it is due earlier anyway. */
  addAfter(key: string, afterMs: number): void;
  /** Forgets a key that is not running, its failures and what was planned. */
  remove(key: string): void;
  /** Due and not begun. */
  readonly depth: number;
  readonly running: number;
  /** Begins nothing more, and resolves when what runs has ended; aborts it after `graceMs`. */
  drain(graceMs: number): Promise<void>;
}
