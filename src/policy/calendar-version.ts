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
 * @throws PolicyError `POLICY_INVALID` where the format has no token, or what looks like one and is none
 */
export function compileCalendarFormat(format: string): CalendarReader {
  const names = format.match(tokenPattern) ?? [];
  if (names.length === 0 || format.length > formatLengthMax) throw notFormat(format);
  const stranger = findStranger(format);
  if (stranger !== undefined) throw notFormat(format, `${stranger} is no token`);
  const used = names.map((name) => tokens[name]).filter((token) => token !== undefined);
  const literals = format.split(tokenPattern).map(escape);
  const source = literals.map((literal, index) => literal + (used[index]?.pattern ?? '')).join('');
  const pattern = new RegExp(`^v?${source}$`);
  const isDate = dateCheck(names);
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const numbers: number[] = [];
    for (const [index, token] of used.entries()) {
      const number = Number(match[index + 1]);
      if (!(number >= token.min && number <= token.max)) return undefined;
      numbers.push(number);
    }
    return isDate(numbers) ? numbers : undefined;
  };
}

function notFormat(format: string, why?: string): PolicyError {
  const what = JSON.stringify(format.slice(0, formatLengthMax));
  return new PolicyError(
    'POLICY_INVALID',
    `not a calendar format: ${what}${why === undefined ? '' : `: ${why}`}`,
    {
      hint: 'use the tokens of calver.org (YYYY YY 0Y MM 0M WW 0W DD 0D MAJOR MINOR MICRO) and 0h 0m 0s, e.g. YYYY.0M.0D',
    },
  );
}

/**
 * What a person took for a token: it would be literal text that no tag has, or worse, that some tag has. Words
 * that stand alone (`RELEASE`, `LTS`) and single letters (`T`, `Z`, `Q`) are literal text that people write.
 */
function findStranger(format: string): string | undefined {
  for (const [word] of format.matchAll(/0?[A-Za-z]+/g)) {
    const [head = '', ...rest] = word.split(tokenPattern);
    if (rest.length === 0 ? looksLikeToken.test(word) : [head, ...rest].some((part) => capitals.test(part))) {
      return word;
    }
    // `MMM` is MM and an M too many.
    const found = word.match(tokenPattern) ?? [];
    if (rest.some((part, index) => part !== '' && found[index]?.endsWith(part.charAt(0)))) return word;
  }
  return undefined;
}

/** One capital repeated, a letter after a zero, calver.org's tokens in small letters, and words for what they mean. */
const looksLikeToken =
  /^(?:([A-Z])\1+|0[A-Za-z]|yyyy|yy|mm|dd|ww|hh|ss|YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND|PATCH|BUILD|MODIFIER)$/;
/** Beside a token in one word. */
const capitals = /[A-Z]{2}/;

/** Whether the day is one that its month has, as far as the format says which month and year. */
function dateCheck(names: readonly string[]): (numbers: CalendarVersion) => boolean {
  const placeOf = (...wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name));
  const [yearAt, monthAt, dayAt] = [placeOf('YYYY', 'YY', '0Y'), placeOf('MM', '0M'), placeOf('DD', '0D')];
  if (monthAt === -1 || dayAt === -1) return () => true;
  // A short year counts from 2000, as calver.org has it; without any, 29 February is a day of some year.
  const base = names[yearAt] === 'YYYY' ? 0 : 2000;
  return (numbers) => {
    const month = numbers[monthAt] ?? 0;
    const isLeapDay = month === 2 && numbers[dayAt] === 29;
    return isLeapDay ? isLeapYear(base + (numbers[yearAt] ?? 0)) : (numbers[dayAt] ?? 0) <= daysIn(month);
  };
}

function daysIn(month: number): number {
  if (month === 2) return 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
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
