import { LedgerError } from './errors.ts';

/** Longest pattern: as long as a tag. Source: OCI distribution spec 1.1, `<tag>`. */
const patternLengthMax = 128;

/** @throws LedgerError `WATCH_INVALID` */
export function checkWatchPattern(pattern: string): void {
  if (pattern !== '' && pattern.length <= patternLengthMax && /^[A-Za-z0-9_.*?-]+$/.test(pattern)) return;
  throw new LedgerError('WATCH_INVALID', `not a pattern for tags: ${JSON.stringify(pattern.slice(0, 140))}`, {
    hint: 'write a tag in which * stands for any characters and ? for one, e.g. v1.16-*',
  });
}

/**
 * Whether a tag matches a pattern of `*` and `?`, whole and by case. Linear in tag times pattern, whatever
 * the pattern: it steps back only to the last star.
 */
export function matchesWatch(pattern: string, tag: string): boolean {
  let inPattern = 0;
  let inTag = 0;
  let star = -1;
  let starTag = 0;
  while (inTag < tag.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern;
      starTag = inTag;
      inPattern += 1;
    } else if (pattern[inPattern] === '?' || pattern[inPattern] === tag[inTag]) {
      inPattern += 1;
      inTag += 1;
    } else if (star !== -1) {
      starTag += 1;
      inTag = starTag;
      inPattern = star + 1;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern += 1;
  return inPattern === pattern.length;
}
