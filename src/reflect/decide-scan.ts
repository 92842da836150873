import { isNewRequest } from '../api/annotations.ts';
import type { EpochMs } from '../clock.ts';

/** What decides whether a repository is scanned now. */
export type ObservedRepository = {
  readonly now: EpochMs;
  readonly intervalMs: number;
  readonly canonicalName: string;
  readonly exclusionList: readonly string[];
  /** `reconcile.fluxcd.io/requestedAt`, and what the status says of it. */
  readonly requestedAt: string | undefined;
  readonly lastHandledReconcileAt: string | undefined;
  /** A request came while the object was suspended. */
  readonly isScanOwed: boolean;
  /** The last attempt did not end as it should: the status is not Ready. */
  readonly hasFailed: boolean;
  /** The registry is reached with other credentials, certificates or another proxy than in the last scan. */
  readonly hasOtherAccess: boolean;
  /** What the status says of the last scan; absent: there was none. */
  readonly published: PublishedScan | undefined;
  /** What this replica's ledger holds of the same image under the same exclusions. */
  readonly recorded: { readonly tagCount: number; readonly revision: string };
};

export type PublishedScan = {
  readonly canonicalName: string | undefined;
  readonly exclusionList: readonly string[] | undefined;
  readonly revision: string | undefined;
  readonly scannedAt: EpochMs | undefined;
};

export type ScanDecision =
  | { readonly kind: 'scan'; readonly reason: ScanReason }
  | { readonly kind: 'wait'; readonly forMs: number };

export type ScanReason =
  | 'first scan'
  | 'reconcile requested'
  | 'requested while suspended'
  | 'new image name'
  | 'updated exclusion list'
  | 'no tags in database'
  | 'the ledger holds other tags than the last scan saw'
  | 'the last attempt failed'
  | 'access to the registry changed'
  | 'triggered by interval';

/** An interval with less than this left of it is over. Source: Flux. */
const remainderMsMin = 1000;

/**
 * Whether to scan. As Flux decides, but for three: a ledger that is not what the status was published with is
 * scanned before anything is elected from it, whether it is empty, old or another's; a failure is not forgotten;
 * a clock that was set back does not put the next scan off.
 */
export function decideScan(observed: ObservedRepository): ScanDecision {
  const reason = reasonToScan(observed);
  if (reason !== undefined) return { kind: 'scan', reason };
  const forMs = remainingMs(observed);
  return forMs < remainderMsMin ? { kind: 'scan', reason: 'triggered by interval' } : { kind: 'wait', forMs };
}

function reasonToScan(observed: ObservedRepository): ScanReason | undefined {
  const { published, recorded, requestedAt } = observed;
  if (published?.scannedAt === undefined) return 'first scan';
  if (isNewRequest(requestedAt, observed.lastHandledReconcileAt)) return 'reconcile requested';
  if (observed.isScanOwed) return 'requested while suspended';
  if (published.canonicalName !== observed.canonicalName) return 'new image name';
  if (!isSameList(published.exclusionList ?? [], observed.exclusionList)) return 'updated exclusion list';
  if (published.revision !== undefined && published.revision !== recorded.revision) {
    return recorded.tagCount === 0
      ? 'no tags in database'
      : 'the ledger holds other tags than the last scan saw';
  }
  if (published.revision === undefined && recorded.tagCount === 0) return 'no tags in database';
  if (observed.hasOtherAccess) return 'access to the registry changed';
  return observed.hasFailed ? 'the last attempt failed' : undefined;
}

function remainingMs({ published, intervalMs, now }: ObservedRepository): number {
  const elapsedMs = now - (published?.scannedAt ?? 0);
  return elapsedMs < 0 ? 0 : intervalMs - elapsedMs;
}

/** In whatever order; one that is given twice counts twice, as in Flux. */
function isSameList(one: readonly string[], other: readonly string[]): boolean {
  const [a, b] = [new Set(one), new Set(other)];
  return one.length === other.length && a.size === b.size && [...a].every((text) => b.has(text));
}
