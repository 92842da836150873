import type { EpochMs } from '../clock.ts';
import { type CalendarVersion, compareCalendarVersions, compileCalendarFormat } from './calendar-version.ts';
import { compareDecimals, type Decimal, parseDecimal } from './decimal.ts';
import { PolicyError } from './errors.ts';
import { matchesRange, parseSemverRange } from './semver-range.ts';
import { compareVersions, parseTagVersion, type SemverVersion } from './semver-version.ts';

/** How versions are ranked. `asc` takes the greatest, `desc` the least, as Flux names them. */
export type OrderSpec =
  | { readonly kind: 'semver'; readonly range: string }
  | { readonly kind: 'numerical'; readonly order: Direction }
  | { readonly kind: 'alphabetical'; readonly order: Direction }
  /** A format of calver.org. */
  | { readonly kind: 'calver'; readonly format: string }
  /** `PREFIX-build.N`: the greatest N. */
  | { readonly kind: 'build'; readonly prefix: string }
  /** When the ledger first saw the tag: the newest. */
  | { readonly kind: 'firstSeen' };

export type Direction = 'asc' | 'desc';

/** What is known of a tag besides its name. */
export type TagFacts = { readonly tag: string; readonly firstSeenAt?: EpochMs };

/** Why a value has no rank. */
export class Unranked {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** How one policy reads and compares values. Above 0 means that the first is the better choice. */
export type Order<Rank> = {
  rank(value: string, facts: TagFacts): Rank | Unranked;
  compare(a: Rank, b: Rank): number;
  /**
   * Which of two equal ranks is chosen, by the bytes of their values: what Flux does for tags in its stored
   * order. It is chance there once a filter extracts; here it is a rule.
   */
  readonly tieTakes: 'greatest' | 'least';
};

/**
 * Hands the order of a spec to `use`, whatever its ranks are.
 * @throws PolicyError `POLICY_INVALID`
 */
export function withOrder<Result>(spec: OrderSpec, use: <Rank>(order: Order<Rank>) => Result): Result {
  switch (spec.kind) {
    case 'semver':
      return use(semverOrder(spec.range));
    case 'numerical':
      return use(directed(numericalOrder, parseDirection(spec.order)));
    case 'alphabetical':
      return use(directed(alphabeticalOrder, parseDirection(spec.order)));
    case 'calver':
      return use(calendarOrder(spec.format));
    case 'build':
      return use(buildOrder(spec.prefix));
    case 'firstSeen':
      return use(firstSeenOrder);
  }
}

function semverOrder(text: string): Order<SemverVersion> {
  const range = parseSemverRange(text);
  return {
    rank(value) {
      const version = parseTagVersion(value);
      if (version === undefined) return new Unranked('is no semantic version');
      if (matchesRange(version, range)) return version;
      const isHidden = version.prerelease !== '' && !range.groups.some((group) => group.admitsPrereleases);
      return new Unranked(
        isHidden ? 'is a prerelease, and the range admits none' : `lies outside the range ${text}`,
      );
    },
    compare: compareVersions,
    tieTakes: 'greatest',
  };
}

const numericalOrder: Order<Decimal> = {
  rank: (value) => parseDecimal(value) ?? new Unranked('is no decimal number'),
  compare: compareDecimals,
  tieTakes: 'least',
};

const alphabeticalOrder: Order<string> = {
  rank: (value) => value,
  compare: compareBytes,
  tieTakes: 'greatest',
};

function calendarOrder(format: string): Order<CalendarVersion> {
  const read = compileCalendarFormat(format);
  return {
    rank: (value) => read(value) ?? new Unranked(`is not written as ${format}`),
    compare: compareCalendarVersions,
    tieTakes: 'greatest',
  };
}

function buildOrder(prefix: string): Order<Decimal> {
  const start = `${prefix}-build.`;
  return {
    rank(value) {
      const number = value.startsWith(start) ? parseDecimal(value.slice(start.length)) : undefined;
      return number === undefined || number.fraction !== '' || number.isNegative
        ? new Unranked(`is not written as ${start}N`)
        : number;
    },
    compare: compareDecimals,
    tieTakes: 'least',
  };
}

const firstSeenOrder: Order<EpochMs> = {
  rank: (_value, facts) => facts.firstSeenAt ?? new Unranked('is not in the ledger, so nobody knows its age'),
  compare: (a, b) => a - b,
  tieTakes: 'greatest',
};

function directed<Rank>(order: Order<Rank>, direction: Direction): Order<Rank> {
  return direction === 'asc' ? order : { ...order, compare: (a, b) => order.compare(b, a) };
}

function parseDirection(text: string): Direction {
  if (text === 'asc' || text === 'desc') return text;
  throw new PolicyError(
    'POLICY_INVALID',
    `invalid order argument provided: ${JSON.stringify(text)}, must be one of: asc, desc`,
  );
}

/** By UTF-8 bytes, as Go compares strings; for tags, which are ASCII, the same as by code units. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return isAscii(a) && isAscii(b) ? (a < b ? -1 : 1) : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function isAscii(text: string): boolean {
  // Any other character would sort by its UTF-16 units here, which is not the order of its bytes.
  return /^[\u0000-\u007f]*$/.test(text);
}
