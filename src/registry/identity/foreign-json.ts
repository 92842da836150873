/** JSON that a cloud, or a file, gave: any type may stand anywhere. */
export type Json = Readonly<Record<string, unknown>>;

export function isForeignJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Longest text that is taken: tokens have 2 to 8 KiB. */
const textLengthMax = 64 * 1024;

/** The text under a key where it is one that may stand in a header; undefined otherwise. */
export function tokenAt(object: Json, key: string): string | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  if (typeof value !== 'string' || value.length > textLengthMax) return undefined;
  return /^[\x21-\x7e]+$/.test(value) ? value : undefined;
}

/** Seconds under a key, as a number or its digits, as clouds write both. */
export function secondsAt(object: Json, key: string): number | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** The object under a key, or an empty one. */
export function jsonAt(object: Json, key: string): Json {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return isForeignJson(value) ? value : {};
}
