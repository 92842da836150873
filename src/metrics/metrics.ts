/**
 * Room `metrics`: what a controller counts and measures, by names that Prometheus users expect. May import rung 0.
 *
 * Invariant: the number of series is bounded by the objects that exist: an object removed takes its own along,
 * and hosts beyond a limit are counted together.
 */
export type ObjectName = { readonly namespace: string; readonly name: string };

export type ScanMeasure = {
  readonly repository: ObjectName;
  /** `skipped`: put off, e.g. for want of memory. */
  readonly outcome: 'complete' | 'failed' | 'suspect' | 'skipped';
  readonly durationMs: number;
  /** For complete scans. */
  readonly tags?: number;
  readonly added?: number;
  readonly removed?: number;
  readonly moved?: number;
};

export type RegistryMeasure = {
  readonly host: string;
  /** The HTTP status; undefined where none came. */
  readonly status: number | undefined;
  /** Requests left in the registry's window, where it says so (`ratelimit-remaining`). */
  readonly rateLimitRemaining?: number;
};

export type SelectionMeasure = {
  readonly policy: ObjectName;
  /** The repository as in `latestRef.name`. */
  readonly image: string;
  readonly tag: string;
  /** Epoch milliseconds since when this tag is the selected one. */
  readonly selectedAt: number;
};

/** A hold that somebody asked for and did not take away. */
export type HoldMeasure = {
  readonly isInForce: boolean;
  /** Epoch milliseconds, past where it is over; absent for a hold without end. */
  readonly untilAt?: number;
};

export type ReconcileMeasure = {
  /** As controller-runtime names it: `imagerepository`, `imagepolicy`. */
  readonly controller: string;
  readonly kind: string;
  readonly object: ObjectName;
  readonly result: 'success' | 'error' | 'requeue' | 'requeue_after';
  /** From when it was due until it began. */
  readonly waitedMs: number;
  readonly durationMs: number;
};

/** What runs tells what it did; nothing here waits or fails. */
export interface Metrics {
  scanned(scan: ScanMeasure): void;
  /** A scan that is due waits since then, in epoch milliseconds; undefined: none does. */
  scanPutOff(repository: ObjectName, sinceAt: number | undefined): void;
  registryAnswered(answer: RegistryMeasure): void;
  /** `status` is undefined where no answer came. */
  apiServerAnswered(answer: {
    readonly host: string;
    readonly method: string;
    readonly status: number | undefined;
  }): void;
  /** Replaces what was said of this policy. */
  selected(selection: SelectionMeasure): void;
  regressionRefused(policy: ObjectName): void;
  /** The tag it selected was gone from the registry, and it went back as it is allowed to. */
  rolledBackMissing(policy: ObjectName): void;
  /** The tag it selects was found to point to another digest. */
  selectedTagMoved(policy: ObjectName): void;
  /** Undefined: nobody asks for a hold, or not any more. */
  held(policy: ObjectName, hold: HoldMeasure | undefined): void;
  reconciled(run: ReconcileMeasure): void;
  /** Of a controller's work queue: due and not begun; begun and not ended. */
  queued(controller: string, queue: { readonly depth: number; readonly running: number }): void;
  ledgerAsked(question: {
    readonly operation: string;
    readonly durationMs: number;
    readonly isFailed: boolean;
  }): void;
  leading(lease: string, isLeader: boolean): void;
  /** Where all replicas are active: what this one holds, what is its share, and how many share. */
  claimed(state: { readonly held: number; readonly share: number; readonly replicas: number }): void;
  /** `limitBytes` is undefined where nothing limits the memory. */
  memory(state: { readonly usedBytes: number; readonly limitBytes: number | undefined }): void;
  eventsDropped(sink: 'kubernetes' | 'notification', count: number): void;
  /** Removes every series of an object that is gone. */
  forget(kind: 'ImageRepository' | 'ImagePolicy', object: ObjectName): void;
  /** Removes all that only a leader knows, when it ends to be one. */
  forgetAll(): void;
  /** The exposition for an `Accept` header: OpenMetrics 1.0 where it is asked for, else Prometheus 0.0.4. */
  expose(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: string }>;
}
