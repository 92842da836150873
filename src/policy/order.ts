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

/** What is known of a tag besides its name; what is absent is not known. */
export type TagFacts = {
  /** When the ledger first saw it. */
  readonly firstSeenAt?: EpochMs | undefined;
  /** Those of the required platforms that its index or config says it runs on. */
  readonly platforms?: readonly string[] | undefined;
};

/** Why a value has no rank. */
export class Unranked {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** How one policy reads and compares values. Above 0 means that the first is the better choice. */
export type Order<Rank> = {
  rank(value: string, facts: TagFacts | undefined): Rank | Unranked;
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
  const admitsPrereleases = range.groups.some((group) => group.admitsPrereleases);
  const noVersion = new Unranked('is no semantic version');
  const hidden = new Unranked('is a prerelease, and the range admits none');
  const outside = new Unranked(`lies outside the range ${text}`);
  return {
    rank(value) {
      const version = parseTagVersion(value);
      if (version === undefined) return noVersion;
      if (matchesRange(version, range)) return version;
      return version.prerelease !== '' && !admitsPrereleases ? hidden : outside;
    },
    compare: compareVersions,
    tieTakes: 'greatest',
  };
}

const noNumber = new Unranked('is no decimal number');

const numericalOrder: Order<Decimal> = {
  rank: (value) => parseDecimal(value) ?? noNumber,
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
  const otherwise = new Unranked(`is no date written as ${format}`);
  return {
    rank: (value) => read(value) ?? otherwise,
    compare: compareCalendarVersions,
    tieTakes: 'greatest',
  };
}

function buildOrder(prefix: string): Order<Decimal> {
  const start = `${prefix}-build.`;
  const otherwise = new Unranked(`is not written as ${start}N`);
  return {
    rank(value) {
      if (!value.startsWith(start)) return otherwise;
      const number = value.slice(start.length);
      return (isDigits(number) ? parseDecimal(number) : undefined) ?? otherwise;
    },
    compare: compareDecimals,
    tieTakes: 'least',
  };
}

/** Said of a tag whose age is needed and not known. */
export const ageUnknown = 'is not in the ledger, so nobody knows its age';

const noAge = new Unranked(ageUnknown);

const firstSeenOrder: Order<EpochMs> = {
  rank: (_value, facts) => facts?.firstSeenAt ?? noAge,
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
    { hint: 'asc chooses the greatest, desc the least' },
  );
}

function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/** By UTF-8 bytes, as Go compares strings; for tags, which are ASCII, the same as by code units. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [unitA, unitB] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (unitA === unitB) continue;
    // Beside a surrogate, the order of UTF-16 units is not the order of bytes.
    return unitA < 0xd800 || unitB < 0xd800 ? unitA - unitB : Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a.length - b.length;
}
