import { RE2JS } from 're2js';
import { PolicyError } from './errors.ts';
import { goQuote } from './go-quote.ts';
import {
  comparePrereleases,
  compareSegments,
  compareVersions,
  parseLooseVersion,
  type SemverVersion,
} from './semver-version.ts';

/** A parsed range: alternatives, each a group of comparators that must all hold. */
export type SemverRange = { readonly text: string; readonly groups: readonly ComparatorGroup[] };

type ComparatorGroup = {
  readonly comparators: readonly Comparator[];
  /** One comparator with a prerelease opens the whole group to prereleases. Source: Masterminds 3.4.0, #267. */
  readonly admitsPrereleases: boolean;
};

type Comparator = {
  readonly operator: Operator;
  readonly version: SemverVersion;
  /** Some part is a wildcard or not written; which one says how far it reaches. */
  readonly open: 'none' | 'major' | 'minor' | 'patch';
};

type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^';

/** Source: Masterminds MaxConstraintLen (bytes) and MaxConstraintGroups. */
const rangeBytesMax = 512;
const groupsMax = 32;

// The grammar as Masterminds has it, its quirks included (`|` counts as a digit); Go's syntax, linear time.
const part = '[0-9|x|X|\\*]+';
const suffixes = '(-([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?(\\+([0-9A-Za-z\\-]+(\\.[0-9A-Za-z\\-]+)*))?';
const versionText = `v?(${part})(\\.${part})?(\\.${part})?${suffixes}`;
const operatorText = '=||!=|>|<|>=|=>|<=|=<|~|~>|\\^';
const oneText = `(${operatorText})\\s*(${versionText})`;
const comparatorPattern = RE2JS.compile(`^\\s*${oneText}\\s*$`);
const findPattern = RE2JS.compile(oneText);
const groupPattern = RE2JS.compile(`^(\\s*${oneText}\\s*)((?:\\s+|,\\s*)${oneText}\\s*)*$`);
const hyphenPattern = RE2JS.compile(`\\s*(${versionText})\\s+-\\s+(${versionText})\\s*`);

const operators: Readonly<Record<string, Operator>> = {
  '': '=',
  '=': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '>=': '>=',
  '=>': '>=',
  '<=': '<=',
  '=<': '<=',
  '~': '~',
  '~>': '~',
  '^': '^',
};

/**
 * A range in Masterminds' grammar: `>=1.0, <2.0`, `~1.2`, `^2.x-0`, `1.2 - 2.3 || >=5`.
 * @throws PolicyError `POLICY_INVALID`, with Masterminds' words
 */
export function parseSemverRange(text: string): SemverRange {
  if (new TextEncoder().encode(text).length > rangeBytesMax) {
    throw invalid(`constraint string is too long (max ${rangeBytesMax} bytes)`);
  }
  const alternatives = rewriteHyphens(text).split('||');
  if (alternatives.length > groupsMax) throw invalid(`too many constraint groups (max ${groupsMax})`);
  return { text, groups: alternatives.map(parseGroup) };
}

/** Whether a version lies in a range. Source: Masterminds `Constraints.Check`. */
export function matchesRange(version: SemverVersion, range: SemverRange): boolean {
  return range.groups.some(
    (group) =>
      (version.prerelease === '' || group.admitsPrereleases) &&
      group.comparators.every((comparator) => satisfies(version, comparator)),
  );
}

function satisfies(version: SemverVersion, comparator: Comparator): boolean {
  const { operator, version: bound, open } = comparator;
  switch (operator) {
    case '=':
      return open === 'none' ? compareVersions(version, bound) === 0 : isWithinTilde(version, comparator);
    case '!=':
      return isDifferent(version, comparator);
    case '>':
      return isAbove(version, comparator);
    case '<':
      return compareVersions(version, bound) < 0;
    case '>=':
      return compareVersions(version, bound) >= 0;
    case '<=':
      return isAtMost(version, comparator);
    case '~':
      return isWithinTilde(version, comparator);
    case '^':
      return isWithinCaret(version, comparator);
  }
}

function isDifferent(version: SemverVersion, { version: bound, open }: Comparator): boolean {
  if (open === 'none') return compareVersions(version, bound) !== 0;
  if (version.major !== bound.major) return true;
  if (open === 'minor') return false;
  if (version.minor !== bound.minor) return true;
  if (open !== 'patch') return version.patch !== bound.patch || compareVersions(version, bound) !== 0;
  return comparePrereleases(version.prerelease, bound.prerelease) !== 0;
}

function isAbove(version: SemverVersion, { version: bound, open }: Comparator): boolean {
  if (open === 'none') return compareVersions(version, bound) > 0;
  const major = compareSegments(version.major, bound.major);
  if (major !== 0) return major > 0;
  if (open === 'minor') return false;
  if (open === 'patch') return compareSegments(version.minor, bound.minor) > 0;
  return compareVersions(version, bound) > 0;
}

function isAtMost(version: SemverVersion, { version: bound, open }: Comparator): boolean {
  if (open === 'none') return compareVersions(version, bound) <= 0;
  const major = compareSegments(version.major, bound.major);
  if (major > 0) return false;
  return !(major === 0 && open !== 'minor' && compareSegments(version.minor, bound.minor) > 0);
}

function isWithinTilde(version: SemverVersion, { version: bound, open }: Comparator): boolean {
  if (compareVersions(version, bound) < 0) return false;
  // `~0.0.0` and `*` take everything: a quirk that Flux users rely on for `*`.
  const isZero = bound.major === 0 && bound.minor === 0 && bound.patch === 0;
  if (isZero && open !== 'minor' && open !== 'patch') return true;
  if (version.major !== bound.major) return false;
  return version.minor === bound.minor || open === 'minor';
}

function isWithinCaret(version: SemverVersion, { version: bound, open }: Comparator): boolean {
  if (compareVersions(version, bound) < 0) return false;
  if (bound.major !== 0 || open === 'minor') return version.major === bound.major;
  if (version.major !== 0) return false;
  if (bound.minor !== 0 || open === 'patch') return version.minor === bound.minor;
  return version.minor === 0 && version.patch === bound.patch;
}

function parseGroup(text: string): ComparatorGroup {
  if (!groupPattern.matcher(text).matches()) throw invalid(`improper constraint: ${goQuote(text)}`);
  const found: string[] = [];
  const matcher = findPattern.matcher(text);
  while (matcher.find()) found.push(matcher.group() ?? '');
  const comparators = found.map(parseComparator);
  return { comparators, admitsPrereleases: comparators.some(({ version }) => version.prerelease !== '') };
}

function parseComparator(text: string): Comparator {
  const matcher = comparatorPattern.matcher(text);
  if (!matcher.matches()) throw invalid(`improper constraint: ${goQuote(text)}`);
  const operator = operators[matcher.group(1) ?? ''];
  const [major, minor, patch] = [3, 4, 5].map((index) => (matcher.group(index) ?? '').replace(/^\./, ''));
  const prerelease = matcher.group(6) ?? '';
  const written = matcher.group(2) ?? '';
  const [open, bound] = isOpen(major)
    ? (['major', `0.0.0${prerelease}`] as const)
    : isOpen(minor)
      ? (['minor', `${major}.0.0${prerelease}`] as const)
      : isOpen(patch)
        ? (['patch', `${major}.${minor}.0${prerelease}`] as const)
        : (['none', written] as const);
  const version = parseLooseVersion(bound);
  if (version === undefined || operator === undefined) throw invalid('constraint parser error');
  return { operator, version, open };
}

function isOpen(segment: string | undefined): boolean {
  return segment === undefined || segment === '' || segment === 'x' || segment === 'X' || segment === '*';
}

/** `1.2 - 2.3` → `>= 1.2, <= 2.3 `, the first occurrence of each match. Source: Masterminds `rewriteRange`. */
function rewriteHyphens(text: string): string {
  const matcher = hyphenPattern.matcher(text);
  let rewritten = text;
  while (matcher.find()) {
    const [low, high] = [matcher.group(1) ?? '', matcher.group(11) ?? ''];
    rewritten = rewritten.replace(matcher.group() ?? '', () => `>= ${low}, <= ${high} `);
  }
  return rewritten;
}

function invalid(message: string): PolicyError {
  return new PolicyError('POLICY_INVALID', message, {
    hint: 'write it as Flux takes it, e.g. ">=1.0.0 <2.0.0", "~1.2", "^1.x-0" to let prereleases in',
  });
}
