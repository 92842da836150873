import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PolicyError } from '../../src/policy/errors.ts';
import type { OrderSpec } from '../../src/policy/order.ts';
import { makeSelector } from '../../src/policy/select.ts';
import { matchesRange, parseSemverRange } from '../../src/policy/semver-range.ts';
import { compareVersions, parseLooseVersion, parseTagVersion } from '../../src/policy/semver-version.ts';
import { compileExclusions, compileTagFilter } from '../../src/policy/tag-filter.ts';
import { sharedInput } from './inputs.ts';

/** Where we differ from the reference on purpose: what we select instead, and why. */
const differences: Readonly<
  Record<string, { readonly selects: string | undefined; readonly because: string }>
> = {
  'numerical_test:TestNumerical_Latest/8': {
    selects: '0',
    because:
      'a tag that is no number is passed over with a reason; one tag does not fail the policy for good',
  },
  'derived/26': { selects: '5', because: 'Inf is a word, not a number' },
  'derived/31': {
    selects: '1767270645000000002',
    because: 'numbers are exact: as floats the older of two timestamps wins',
  },
};

const { path: folder, missing } = sharedInput('cases/');

describe('the shared cases of policies', { skip: missing }, () => {
  it('ranges hold the versions that Masterminds says', () => {
    const { cases, parse } = load('semver-constraints.json') as {
      cases: {
        id: string;
        constraint: string;
        version: string;
        matches: boolean;
        includePrerelease?: boolean;
        policyLevel?: string;
      }[];
      parse: { id: string; constraint: string; valid: boolean; validAtPolicyLevel?: boolean }[];
    };
    const relevant = cases.filter(
      ({ includePrerelease, policyLevel }) => includePrerelease !== true && policyLevel !== 'invalid-range',
    );
    assert.ok(relevant.length > 100, `${relevant.length} rows`);
    for (const { id, constraint, version, matches } of relevant) {
      const parsed = parseLooseVersion(version);
      assert.ok(parsed !== undefined, `${id}: ${version}`);
      assert.equal(
        matchesRange(parsed, parseSemverRange(constraint)),
        matches,
        `${id}: ${version} in ${constraint}`,
      );
    }
    for (const { id, constraint, valid, validAtPolicyLevel } of parse) {
      assert.equal(
        isAccepted(() => parseSemverRange(constraint)),
        validAtPolicyLevel ?? valid,
        `${id}: ${constraint}`,
      );
    }
  });

  it('versions are read and ordered as Masterminds does', () => {
    const { parse, compare } = load('semver-versions.json') as {
      parse: { input: string; loose: boolean; flux: boolean; normalized?: string }[];
      compare: { id: string; a: unknown; b: unknown; op: string; result: number | boolean }[];
    };
    for (const { input, loose, flux, normalized } of parse) {
      const version = parseLooseVersion(input);
      assert.equal(version !== undefined, loose, JSON.stringify(input));
      assert.equal(parseTagVersion(input) !== undefined, flux, JSON.stringify(input));
      if (version === undefined || normalized === undefined) continue;
      const text = `${version.major}.${version.minor}.${version.patch}${version.prerelease && `-${version.prerelease}`}`;
      assert.equal(text, normalized.split('+')[0], input);
    }
    for (const { id, a, b, op, result } of compare) {
      // A missing version: Go's nil, which has no counterpart here.
      if (typeof a !== 'string' || typeof b !== 'string') continue;
      const [one, other] = [parseLooseVersion(a), parseLooseVersion(b)];
      assert.ok(one !== undefined && other !== undefined, id);
      assert.equal(answer(op, Math.sign(compareVersions(one, other))), result, `${id}: ${a} ${op} ${b}`);
    }
  });

  it('ranges hold the same versions however they are written', () => {
    const { cases, canonicalStrings, hyphenRangeRewrite } = load('semver-constraints.json') as {
      cases: { version: string }[];
      canonicalStrings: { id: string; constraint: string; canonical: string }[];
      hyphenRangeRewrite: { id: string; input: string; output: string }[];
    };
    const versions = [...new Set(cases.map(({ version }) => version))].flatMap(
      (text) => parseLooseVersion(text) ?? [],
    );
    const heldBy = (range: string) =>
      versions.map((version) => matchesRange(version, parseSemverRange(range)));
    for (const { id, constraint, canonical } of canonicalStrings) {
      assert.deepEqual(heldBy(constraint), heldBy(canonical), id);
    }
    for (const { id, input, output } of hyphenRangeRewrite) {
      assert.deepEqual(heldBy(input), heldBy(output), id);
    }
  });

  it('versions have the parts that Masterminds takes, and are sorted as it does', () => {
    const { prereleaseValidity, metadataValidity, sorts } = load('semver-versions.json') as {
      prereleaseValidity: { prerelease: string; valid: boolean }[];
      metadataValidity: { metadata: string; valid: boolean }[];
      sorts: { id: string; constraint: string; input: string[]; descendingMatches: string[] }[];
    };
    for (const { prerelease, valid } of prereleaseValidity) {
      assert.equal(parseLooseVersion(`1.2.3-${prerelease}`) !== undefined, valid, prerelease);
    }
    for (const { metadata, valid } of metadataValidity) {
      assert.equal(parseLooseVersion(`1.2.3+${metadata}`) !== undefined, valid, metadata);
    }
    for (const { id, constraint, input, descendingMatches } of sorts) {
      const range = parseSemverRange(constraint);
      const matching = input
        .flatMap((text) => parseLooseVersion(text) ?? [])
        .filter((version) => matchesRange(version, range));
      const expected = descendingMatches.flatMap((text) => parseLooseVersion(text) ?? []);
      assert.equal(matching.length, expected.length, id);
      for (const [index, version] of matching.sort((a, b) => compareVersions(b, a)).entries()) {
        const other = expected[index];
        assert.ok(other !== undefined && compareVersions(version, other) === 0, `${id}: ${index}`);
      }
    }
  });

  it('policies select what Flux selects, the listed differences apart', () => {
    const { cases } = load('policy-cases.json') as { cases: PolicyCase[] };
    const used = new Set<string>();
    for (const one of cases) {
      const difference = differences[one.id];
      if (difference !== undefined) used.add(one.id);
      checkPolicy(one, difference);
    }
    assert.deepEqual([...used].sort(), Object.keys(differences).sort());
  });

  it('filters take the values that Go takes, and exclusions leave the tags that Flux leaves', () => {
    const { regexFilter, exclusion } = load('filter-cases.json') as {
      regexFilter: FilterCase[];
      exclusion: ExclusionCase[];
    };
    for (const one of regexFilter) checkFilter(one);
    for (const { id, tags, exclusionList, expectTags } of exclusion) {
      const exclusionOf = compileExclusions(exclusionList);
      assert.deepEqual(
        tags.filter((tag) => exclusionOf(tag) === undefined),
        expectTags,
        id,
      );
    }
  });
});

type PolicyCase = {
  readonly id: string;
  readonly policy: { readonly kind: string; readonly range?: string; readonly order?: string };
  readonly filterTags?: { readonly pattern?: string; readonly extract?: string };
  readonly tags?: readonly string[];
  readonly constructOnly?: boolean;
  readonly expect: {
    readonly latest?: string;
    readonly anyOf?: readonly string[];
    readonly error?: boolean;
    readonly valid?: boolean;
  };
};

type FilterCase = {
  readonly id: string;
  readonly pattern: string;
  readonly extract?: string;
  readonly tags: readonly string[];
  readonly expectSortedValues?: readonly string[];
  readonly expectPairs?: readonly { readonly value: string; readonly tag: string }[];
  readonly expectError?: unknown;
};

type ExclusionCase = {
  readonly id: string;
  readonly tags: readonly string[];
  readonly exclusionList: readonly string[];
  readonly expectTags: readonly string[];
};

function checkPolicy(
  { id, policy, filterTags, tags = [], constructOnly, expect }: PolicyCase,
  difference: { readonly selects: string | undefined } | undefined,
): void {
  // The selection does not depend on the order of the tags, whatever order the row names.
  for (const given of [tags, tags.toReversed(), tags.toSorted()]) {
    let selected: string | undefined;
    const isValid = isAccepted(() => {
      const filter = { pattern: filterTags?.pattern ?? '', extract: filterTags?.extract ?? '' };
      const selector = makeSelector({ order: orderOf(policy), filter }, { now: 0 });
      for (const tag of given) selector.offer(tag);
      selected = selector.outcome().selected?.tag;
    });
    if (constructOnly === true) assert.equal(isValid, expect.valid ?? expect.error !== true, id);
    else if (difference !== undefined) assert.equal(selected, difference.selects, id);
    else if (expect.error === true) assert.equal(selected, undefined, id);
    else if (expect.anyOf !== undefined)
      assert.ok(expect.anyOf.includes(selected ?? ''), `${id}: ${selected}`);
    else assert.equal(selected, expect.latest, id);
  }
}

/** Rows write orders in upper case, and empty for the default; the API's own words are lower case. */
function orderOf({ kind, range = '', order = '' }: PolicyCase['policy']): OrderSpec {
  if (kind === 'semver') return { kind, range };
  const direction = (order === '' ? 'asc' : order.toLowerCase()) as 'asc' | 'desc';
  assert.ok(kind === 'numerical' || kind === 'alphabetical', kind);
  return { kind, order: direction };
}

function checkFilter({ id, pattern, extract = '', tags, ...expected }: FilterCase): void {
  if (expected.expectError !== undefined) {
    assert.equal(
      isAccepted(() => compileTagFilter({ pattern, extract })),
      false,
      id,
    );
    return;
  }
  const filter = compileTagFilter({ pattern, extract });
  const pairs = tags.flatMap((tag) => {
    const value = filter(tag);
    return value === undefined ? [] : [{ value, tag }];
  });
  if (expected.expectSortedValues !== undefined) {
    assert.deepEqual(pairs.map(({ value }) => value).toSorted(), expected.expectSortedValues, id);
  }
  for (const pair of expected.expectPairs ?? []) {
    assert.ok(
      pairs.some(({ value, tag }) => value === pair.value && tag === pair.tag),
      `${id}: ${pair.tag}`,
    );
  }
}

/** False for a PolicyError; anything else thrown is a failure of the test. */
function isAccepted(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    assert.ok(error instanceof PolicyError, String(error));
    return false;
  }
}

function answer(op: string, order: number): number | boolean {
  switch (op) {
    case 'compare':
      return order;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    default:
      return order === 0;
  }
}

function load(file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}
