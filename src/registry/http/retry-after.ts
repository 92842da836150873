import type { EpochMs } from '../../clock.ts';

/** A number this large is no count of seconds (31 years) but an instant: some registries send it so. */
const epochSecondsMin = 1_000_000_000;

/**
 * How long a registry asks us to wait, in milliseconds, at least 0; undefined where it says nothing we
 * understand. Seconds and HTTP dates (RFC 9110 §10.2.3), and the epoch that some send against the RFC.
 */
export function parseRetryAfter(value: string | undefined, now: EpochMs): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) {
    const seconds = Number(text);
    return seconds < epochSecondsMin ? Math.ceil(seconds * 1000) : Math.max(0, epochMs(seconds) - now);
  }
  // Only what looks like a date: Date.parse would take `-5` or `1e3` for a year.
  if (!/^[A-Z][a-z]{2},? .*\d{2}:\d{2}:\d{2}/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Thirteen digits are milliseconds. */
function epochMs(value: number): EpochMs {
  return value > epochSecondsMin * 1000 ? value : value * 1000;
}
