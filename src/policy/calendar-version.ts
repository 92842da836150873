import { PolicyError } from './errors.ts';

/** A calendar version: its numbers, most significant first as the format has them. */
export type CalendarVersion = readonly number[];

/** Reads a text in one calendar format; undefined where it is written otherwise or is no date. */
export type CalendarReader = (text: string) => CalendarVersion | undefined;

type Token = { readonly pattern: string; readonly min: number; readonly max: number };

/** calver.org's tokens, and the time of day that some tags carry. A number has at most nine digits: exact, bounded. */
const tokens: Readonly<Record<string, Token>> = {
  YYYY: { pattern: '([0-9]{4})', min: 1970, max: 9999 },
  YY: { pattern: '([0-9]{1,3})', min: 0, max: 999 },
  '0Y': { pattern: '([0-9]{2,3})', min: 0, max: 999 },
  MM: { pattern: '([0-9]{1,2})', min: 1, max: 12 },
  '0M': { pattern: '([0-9]{2})', min: 1, max: 12 },
  WW: { pattern: '([0-9]{1,2})', min: 1, max: 53 },
  '0W': { pattern: '([0-9]{2})', min: 1, max: 53 },
  DD: { pattern: '([0-9]{1,2})', min: 1, max: 31 },
  '0D': { pattern: '([0-9]{2})', min: 1, max: 31 },
  '0h': { pattern: '([0-9]{2})', min: 0, max: 23 },
  '0m': { pattern: '([0-9]{2})', min: 0, max: 59 },
  '0s': { pattern: '([0-9]{2})', min: 0, max: 60 },
  MAJOR: { pattern: '([0-9]{1,9})', min: 0, max: 999_999_999 },
  MINOR: { pattern: '([0-9]{1,9})', min: 0, max: 999_999_999 },
  MICRO: { pattern: '([0-9]{1,9})', min: 0, max: 999_999_999 },
};

const tokenPattern = /YYYY|YY|0Y|MM|0M|WW|0W|DD|0D|0h|0m|0s|MAJOR|MINOR|MICRO/g;
const formatLengthMax = 100;

/**
 * A reader for a calver.org format with literal text between, e.g. `YYYY.0M.MICRO`,
 * `RELEASE.YYYY-0M-0DT0h-0m-0sZ`. The whole text must match; a leading `v` may stand before it.
 * @throws PolicyError `POLICY_INVALID` where the format has no token
 */
export function compileCalendarFormat(format: string): CalendarReader {
  const names = format.match(tokenPattern) ?? [];
  if (names.length === 0 || format.length > formatLengthMax) {
    throw new PolicyError(
      'POLICY_INVALID',
      `not a calendar format: ${JSON.stringify(format.slice(0, formatLengthMax))}`,
      {
        hint: 'use the tokens of calver.org (YYYY YY 0Y MM 0M WW 0W DD 0D MAJOR MINOR MICRO) and 0h 0m 0s, e.g. YYYY.0M.0D',
      },
    );
  }
  const used = names.map((name) => tokens[name]).filter((token) => token !== undefined);
  const literals = format.split(tokenPattern).map(escape);
  const source = literals.map((literal, index) => literal + (used[index]?.pattern ?? '')).join('');
  const pattern = new RegExp(`^v?${source}$`);
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const numbers: number[] = [];
    for (const [index, token] of used.entries()) {
      const number = Number(match[index + 1]);
      if (!(number >= token.min && number <= token.max)) return undefined;
      numbers.push(number);
    }
    return numbers;
  };
}

export function compareCalendarVersions(a: CalendarVersion, b: CalendarVersion): number {
  for (let index = 0; index < a.length; index += 1) {
    const order = (a[index] ?? 0) - (b[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function escape(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
