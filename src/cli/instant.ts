import type { EpochMs } from '../clock.ts';
import { UsageError } from './errors.ts';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Source: RFC 3339 section 5.6; a date alone is taken as its first instant in UTC. */
const instantPattern = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/**
 * The instant a person wrote: `2026-11-03T08:00:00Z`, `2026-11-03`, `now`, or how long ago: `90m`, `2d`, `1w`.
 * @throws UsageError
 */
export function parseInstant(text: string, now: EpochMs): EpochMs {
  if (text === 'now') return now;
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined)
    return now - Number(amount) * unitMs[unit as keyof typeof unitMs];
  const at = instantPattern.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new UsageError(
      `expected a time, got ${JSON.stringify(text.slice(0, 80))}`,
      'write it as 2026-11-03T08:00:00Z, 2026-11-03, now, or how long ago: 90m, 2d, 1w',
    );
  }
  return at;
}
