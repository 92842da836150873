import type { EpochMs } from '../clock.ts';

/** Readers of JSON that somebody else wrote: any type may stand anywhere, and nothing here throws. */
export type ForeignObject = Readonly<Record<string, unknown>>;

/** Longest text kept of a message. The kubelet cuts events at 1 KiB; a waiting message may be longer. */
const textLengthMax = 4096;

/** Longest name of an object. Source: DNS subdomain, RFC 1123, as Kubernetes validates it. */
const nameLengthMax = 253;

/** Object names as Kubernetes allows them; nothing else may reach a terminal or a command to paste. */
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$/;

// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const controlPattern = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g;

export function isForeignObject(value: unknown): value is ForeignObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key, or an empty one. */
export function objectAt(object: ForeignObject, key: string): ForeignObject {
  const value = ownValue(object, key);
  return isForeignObject(value) ? value : {};
}

/** The objects of the list under a key; other things in the list are passed over. */
export function objectsAt(object: ForeignObject, key: string): readonly ForeignObject[] {
  const value = ownValue(object, key);
  return Array.isArray(value) ? value.filter(isForeignObject) : [];
}

/** The texts of the list under a key. */
export function textsAt(object: ForeignObject, key: string): readonly string[] {
  const value = ownValue(object, key);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').map(cleanText) : [];
}

/** The text under a key, cut and cleaned; undefined where it is none or empty. */
export function textAt(object: ForeignObject, key: string): string | undefined {
  const value = ownValue(object, key);
  return typeof value === 'string' && value !== '' ? cleanText(value) : undefined;
}

/** The text under a key where it can be the name of an object. */
export function nameAt(object: ForeignObject, key: string): string | undefined {
  const value = ownValue(object, key);
  return typeof value === 'string' && value.length <= nameLengthMax && namePattern.test(value)
    ? value
    : undefined;
}

export function countAt(object: ForeignObject, key: string): number | undefined {
  const value = ownValue(object, key);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** An RFC 3339 instant under a key. */
export function instantAt(object: ForeignObject, key: string): EpochMs | undefined {
  const value = ownValue(object, key);
  if (typeof value !== 'string' || value.length > 40) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** One line of at most `textLengthMax` characters that cannot steer a terminal. */
export function cleanText(text: string): string {
  return text.slice(0, textLengthMax).replace(controlPattern, ' ').trim();
}

/** Own keys only: a key such as `constructor` must not reach what every object inherits. */
function ownValue(object: ForeignObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
