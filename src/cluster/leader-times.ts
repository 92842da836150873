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

/** What is wrong with these times, for the person who set them; undefined where nothing is. */
export function describeWrongTimes({
  leaseDurationMs,
  renewDeadlineMs,
  retryPeriodMs,
}: LeaderTimes): string | undefined {
  if (!(retryPeriodMs > 0)) return 'the retry period must be above zero';
  if (renewDeadlineMs < retryPeriodMs * 2)
    return 'the renew deadline must be at least twice the retry period';
  if (leaseDurationMs <= renewDeadlineMs) return 'the lease duration must be longer than the renew deadline';
  return undefined;
}
