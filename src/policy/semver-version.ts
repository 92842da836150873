/**
 * Semantic versions as Masterminds/semver 3.5.0 reads and orders them, which is what Flux users write their
 * ranges for. npm's rules differ in hundreds of cases.
 */

/** A version number of up to 64 bits: a number where it is exact, a bigint above. Never both for one value. */
export type Segment = number | bigint;

export type SemverVersion = {
  readonly major: Segment;
  readonly minor: Segment;
  readonly patch: Segment;
  /** Without the hyphen; empty for a release. */
  readonly prerelease: string;
};

/** Longest text that can be a version. Source: Masterminds MaxVersionLen. */
const versionLengthMax = 256;
const segmentMax = 18446744073709551615n;
/** Digits that always fit a JavaScript number exactly. */
const exactDigitsMax = 15;

const loosePattern =
  /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * The version in a text, loosely: `v1`, `1.2`, leading zeros. Undefined where there is none.
 * Source: Masterminds `NewVersion` with `CoerceNewVersion`.
 */
export function parseLooseVersion(text: string): SemverVersion | undefined {
  if (text.length > versionLengthMax) return undefined;
  const match = loosePattern.exec(text);
  if (match === null) return undefined;
  const major = parseSegment(match[1]);
  const minor = parseSegment(match[2]);
  const patch = parseSegment(match[3]);
  const prerelease = match[4] ?? '';
  if (major === undefined || minor === undefined || patch === undefined || hasZeroLedNumber(prerelease))
    return undefined;
  return { major, minor, patch, prerelease };
}

/**
 * The version of a tag: loose, but with at least two dots, so that `1` and `1.2` are no versions.
 * Source: fluxcd/pkg version.ParseVersion.
 */
export function parseTagVersion(text: string): SemverVersion | undefined {
  if (!beginsLikeVersion(text)) return undefined;
  const dot = text.indexOf('.');
  if (dot === -1 || !text.includes('.', dot + 1)) return undefined;
  return parseLooseVersion(text);
}

/** A digit, or `v` and a digit: most tags are no versions, and this is the cheapest way to see it. */
function beginsLikeVersion(text: string): boolean {
  const first = text.charCodeAt(0);
  const code = first === codeOfV ? text.charCodeAt(1) : first;
  return code >= codeOfZero && code <= codeOfZero + 9;
}

const codeOfV = 0x76;
const codeOfZero = 0x30;

/** Below 0, 0 or above 0. Build metadata does not count. Source: Masterminds `Version.Compare`. */
export function compareVersions(a: SemverVersion, b: SemverVersion): number {
  return (
    compareSegments(a.major, b.major) ||
    compareSegments(a.minor, b.minor) ||
    compareSegments(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const [partsA, partsB] = [a.split('.'), b.split('.')];
  const count = Math.max(partsA.length, partsB.length);
  for (let index = 0; index < count; index += 1) {
    const order = comparePart(partsA[index] ?? '', partsB[index] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers come before words and are compared as numbers; a missing part comes first. */
function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? -1 : 1;
  const [numberA, numberB] = [parseNumber(a), parseNumber(b)];
  if (numberA === undefined && numberB === undefined) return a > b ? 1 : -1;
  if (numberB === undefined) return -1;
  if (numberA === undefined) return 1;
  return numberA > numberB ? 1 : -1;
}

export function compareSegments(a: Segment, b: Segment): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseSegment(digits: string | undefined): Segment | undefined {
  return digits === undefined ? 0 : parseNumber(digits);
}

/** An unsigned 64-bit number, or undefined for anything else. Source: Go strconv.ParseUint. */
function parseNumber(text: string): Segment | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  if (text.length <= exactDigitsMax) return Number(text);
  const value = BigInt(text);
  if (value > segmentMax) return undefined;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function hasZeroLedNumber(prerelease: string): boolean {
  return prerelease !== '' && /(?:^|\.)0[0-9]+(?:\.|$)/.test(prerelease);
}
