/**
 * What a tag looks like, judged by its text alone. Shape is a hint, never proof: only the ledger knows
 * whether a tag moved.
 */
export type TagShape =
  /** `latest`, or a flavour of it (`latest-full`). */
  | 'latest'
  /** A name without any number, a channel or a branch: `stable`, `main`, `alpine`, `release-1.2`. */
  | 'channel'
  /** A line of releases: `1`, `v3`, `18-alpine`. */
  | 'major'
  /** `1.25`, `16.2-alpine`: a line for most publishers, a release for some. */
  | 'minor'
  /** A bare number that is no version and no date: `608111629`. */
  | 'number'
  /** Everything that names one build as far as text can tell: `1.25.3`, a date, a commit, a build number. */
  | 'exact';

/** Words before a line of releases that make the tag a branch or channel: `release-1.2`, `stable-3`. */
const channelLine =
  /^(?:canary|dev|develop|edge|head|lts|main|master|next|nightly|preview|release|stable|staging|test|unstable)[-_.]v?\d{1,3}(?:\.\d{1,3})?$/;

/** A bare number shorter than this is a major version (`18`, `2022`); longer ones are build counters. */
const majorDigitsMax = 3;

export function tagShape(tag: string): TagShape {
  const lower = tag.toLowerCase();
  if (lower === 'latest' || /^latest[-_.]|[-_.]latest$/.test(lower)) return 'latest';
  if (/^\d+$/.test(tag)) return numberShape(tag);
  if (isChannel(lower)) return 'channel';
  const match = /^v?(\d+)(?:\.(\d+))?(?![\d.])(?:[-_+](.*))?$/.exec(lower);
  if (match === null || isDated(match[1] ?? '', match[3] ?? '') || isFixedSuffix(match[3] ?? ''))
    return 'exact';
  return match[2] === undefined ? 'major' : 'minor';
}

function numberShape(digits: string): TagShape {
  if (digits.length <= majorDigitsMax) return 'major';
  return isDate(digits) ? 'exact' : 'number';
}

/** `20240131`, `2024013112`, `20240131123456`; `2022` alone is a year and so a line. */
function isDate(digits: string): boolean {
  return /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{0,6}$/.test(digits);
}

function isChannel(lower: string): boolean {
  return !/\d/.test(lower) || channelLine.test(lower);
}

/** `v20240101-abcdef`, `2023-01-01`: a day, not a line of releases. */
function isDated(digits: string, suffix: string): boolean {
  return isDate(digits) || (/^(19|20)\d\d$/.test(digits) && /^\d\d[-_.]\d\d/.test(suffix));
}

/** A suffix that names one build: a build number, a date, a commit, or a version of its own. */
function isFixedSuffix(suffix: string): boolean {
  return (
    /(^|[-_.+])(build|r|rev|b|p)[-_.]?\d+$/.test(suffix) ||
    /\d{8}/.test(suffix) ||
    /(^|[-_.+g])[0-9a-f]{7,40}$/.test(suffix) ||
    /\d+\.\d+/.test(suffix) ||
    /^(alpha|beta|rc|pre|dev)[-_.]?\d+$/.test(suffix)
  );
}

/** `v1.16-4.11-full-build.169` → `v1.16-4.11-full`: the moving tag that a fixed build stands beside. */
export function movingSiblingOf(tag: string): string | undefined {
  return /^(.+)-build\.\d+$/.exec(tag)?.[1];
}
