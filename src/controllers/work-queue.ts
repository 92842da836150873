import { backOffMs, type Timing } from '../timing.ts';

/** What became of one run. A run that throws is `failed`, with what it threw. */
export type RunOutcome =
  /** Not before it is added again. */
  | { readonly kind: 'done' }
  /** Again after so long, and no failure: the next scan, a dependency that is waited for. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Again after a back-off that grows with each failure in a row; within `waitMs`, where it is given. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly waitMs?: WaitBounds };

export type WaitBounds = { readonly min: number; readonly max: number };

export type WorkQueueOptions = {
  /** Runs at once. */
  readonly concurrency: number;
  /** First and longest wait after failures in a row. Source: `--min-retry-delay`, `--max-retry-delay`. */
  readonly retry: { readonly minMs: number; readonly maxMs: number };
  /** Never called twice at once for one key. The signal is aborted where draining takes too long. */
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
  /** Forgets a key, its failures and what was planned; a run under way ends, and plans nothing. */
  remove(key: string): void;
  /** Due and not begun. */
  readonly depth: number;
  readonly running: number;
  /** Begins nothing more, and resolves when what runs has ended; aborts it after `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

type Entry = {
  /** In the line of those to begin, since when. */
  readySinceMs: number | undefined;
  /** The one time that is planned, and how to call it off. */
  planned: { readonly atMs: number; readonly callOff: () => void } | undefined;
  isRunning: boolean;
  /** Added while it ran. */
  isWantedAgain: boolean;
  /** Removed while it ran: kept until then, so that no second run of the key begins beside it. */
  isRemoved: boolean;
  /** In a row. */
  failures: number;
};

/** A queue that begins at once whatever is added. */
export function makeWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { timing, concurrency, retry } = options;
  const entries = new Map<string, Entry>();
  const ready = new Set<string>();
  const stopping = new AbortController();
  let running = 0;
  let isDraining = false;
  let drained: (() => void) | undefined;

  function entryOf(key: string): Entry {
    const entry = entries.get(key) ?? {
      readySinceMs: undefined,
      planned: undefined,
      isRunning: false,
      isWantedAgain: false,
      isRemoved: false,
      failures: 0,
    };
    entry.isRemoved = false;
    entries.set(key, entry);
    return entry;
  }

  function callOff(entry: Entry): void {
    entry.planned?.callOff();
    entry.planned = undefined;
  }

  function add(key: string): void {
    if (isDraining) return;
    const entry = entryOf(key);
    callOff(entry);
    if (entry.isRunning) entry.isWantedAgain = true;
    else if (!ready.has(key)) {
      ready.add(key);
      entry.readySinceMs = timing.elapsedMs();
    }
    begin();
  }

  function addAfter(key: string, afterMs: number): void {
    if (isDraining || ready.has(key)) return;
    const entry = entryOf(key);
    const atMs = timing.elapsedMs() + Math.max(0, afterMs);
    if (entry.isWantedAgain || (entry.planned !== undefined && entry.planned.atMs <= atMs)) return;
    callOff(entry);
    // A time further off than a timer can wait for is planned again when the timer is up.
    const callOffTimer = timing.schedule(afterMs, () => {
      entry.planned = undefined;
      const leftMs = atMs - timing.elapsedMs();
      if (leftMs >= 1) addAfter(key, leftMs);
      else add(key);
    });
    entry.planned = { atMs, callOff: callOffTimer };
  }

  function begin(): void {
    for (const key of ready) {
      if (running >= concurrency) return;
      ready.delete(key);
      running += 1;
      void run(key, entryOf(key));
    }
  }

  async function run(key: string, entry: Entry): Promise<void> {
    const beganMs = timing.elapsedMs();
    const waitedMs = beganMs - (entry.readySinceMs ?? beganMs);
    entry.isRunning = true;
    entry.readySinceMs = undefined;
    const outcome = await outcomeOf(key);
    entry.isRunning = false;
    running -= 1;
    options.onRun?.({ key, outcome, waitedMs, ranMs: timing.elapsedMs() - beganMs });
    goOn(key, entry, outcome);
    begin();
    if (isDraining && running === 0) drained?.();
  }

  async function outcomeOf(key: string): Promise<RunOutcome> {
    try {
      return await options.run(key, stopping.signal);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  function goOn(key: string, entry: Entry, outcome: RunOutcome): void {
    if (entry.isRemoved) {
      entries.delete(key);
      return;
    }
    entry.failures = outcome.kind === 'failed' ? entry.failures + 1 : 0;
    const isWanted = entry.isWantedAgain;
    entry.isWantedAgain = false;
    if (isWanted) add(key);
    else if (outcome.kind === 'again') addAfter(key, outcome.afterMs);
    else if (outcome.kind === 'failed') {
      const { min, max } = outcome.waitMs ?? { min: 0, max: Number.POSITIVE_INFINITY };
      addAfter(key, Math.min(max, Math.max(min, backOffMs(entry.failures, retry, timing.random()))));
    } else if (entry.planned === undefined) entries.delete(key);
  }

  return {
    add,
    addAfter,
    remove(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      callOff(entry);
      ready.delete(key);
      entry.isWantedAgain = false;
      entry.isRemoved = entry.isRunning;
      if (!entry.isRunning) entries.delete(key);
    },
    get depth() {
      return ready.size;
    },
    get running() {
      return running;
    },
    async drain(graceMs) {
      isDraining = true;
      ready.clear();
      for (const entry of entries.values()) callOff(entry);
      if (running === 0) return;
      const callOffAbort = timing.schedule(graceMs, () => stopping.abort(new Error('told to stop')));
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
      callOffAbort();
    },
  };
}
