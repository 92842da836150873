/** Milliseconds since the Unix epoch: the only shape an instant has inside Holdfast. */
export type EpochMs = number;

/** Where the time comes from. Only `main.ts` and tests make one; everything else is handed it. */
export interface Clock {
  now(): EpochMs;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that moves only when told: for tests and for the demo. */
export function fixedClock(startAt: EpochMs): Clock & { advance(ms: number): void } {
  let at = startAt;
  return {
    now: () => at,
    advance(ms) {
      at += ms;
    },
  };
}

/** `2026-11-21T10:49:00Z`: RFC 3339 in UTC, without the milliseconds nobody reads. */
export function formatInstant(at: EpochMs): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
