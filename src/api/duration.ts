import { FieldError, type Fields, optionalStringAt } from './read-fields.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** What the CustomResourceDefinitions take for a duration. Source: Flux, `+kubebuilder:validation:Pattern`. */
export const durationPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$';

/** Longest duration: what fits Go's int64 of nanoseconds, 292 years. */
const durationMaxMs = 9_223_372_036_854;

/** Milliseconds of `1h30m`, `0.5s`; undefined where it is none. Source: Go time.ParseDuration. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !new RegExp(durationPattern).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  }
  return total <= durationMaxMs ? total : undefined;
}

/** @throws FieldError */
export function optionalDurationAt(object: Fields, key: string): number | undefined {
  const text = optionalStringAt(object, key);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined) throw new FieldError(`${key} must be a duration such as 5m or 1h30m`);
  return ms;
}

/** `1h2m3s` as Go prints it: `5m0s`, `1h0m0s`, `750ms`, `0s`; whole milliseconds. Source: Go Duration.String. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole === 0) return '0s';
  if (whole < 1000) return `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = `${(whole % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
