import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PolicyError } from '../../src/policy/errors.ts';
import { matchesRange, parseSemverRange } from '../../src/policy/semver-range.ts';
import { parseLooseVersion } from '../../src/policy/semver-version.ts';
import { compileTagFilter } from '../../src/policy/tag-filter.ts';
import { buildGoProgram } from '../go-module.ts';
import { type Random, seededRandom } from '../simulation/random.ts';
import { runTool } from '../tools.ts';

const program = await buildGoProgram({
  name: 'masterminds',
  // Another place for a changed program: one that is built is kept.
  place: 'masterminds/v3.5.0-problems',
  moduleFolder: fileURLToPath(new URL('../masterminds/', import.meta.url)),
  package: '.',
  linkerFlags: '',
  howToDoWithout: 'the shared cases are checked without it',
});

/** Another stretch of questions each day; the seed is in the name of the test. */
const seed = Math.floor(Date.now() / 86_400_000);

const rangeCount = 4000;
const versionsEach = 25;

describe('beside the library and the language that Flux is written with', { skip: program.missing }, () => {
  it(`ranges accept and hold the same versions (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const questions = Array.from({ length: rangeCount }, () => ({
      constraint: anyRange(random),
      versions: Array.from({ length: versionsEach }, () => anyVersion(random)),
    }));
    const answers = await ask<{ valid: boolean; problem?: string; matches?: string[] }>(questions);
    for (const [at, { constraint, versions }] of questions.entries()) {
      assert.deepEqual(
        checkRange(constraint, versions),
        answers[at]?.valid === true ? answers[at].matches : answers[at]?.problem,
        constraint,
      );
    }
    assert.ok(
      answers.filter(({ valid }) => valid).length > rangeCount / 4,
      'too few ranges are valid to prove anything',
    );
  });

  it(`filters extract the same values (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const questions = Array.from({ length: 2000 }, () => ({
      pattern: pick(random, patterns),
      template: Array.from({ length: 1 + random.below(4) }, () => pick(random, templateParts)).join(''),
      texts: Array.from({ length: 10 }, () => pick(random, texts) + pick(random, texts)),
    }));
    const answers = await ask<{ valid: boolean; problem?: string; values?: (string | null)[] }>(questions);
    for (const [at, { pattern, template, texts: tags }] of questions.entries()) {
      const values = extract(pattern, template, tags);
      assert.deepEqual(
        values,
        answers[at]?.valid === true
          ? answers[at].values
          : `invalid regular expression pattern '${pattern}': ${answers[at]?.problem}`,
        `${pattern} ${template} ${tags.join(' ')}`,
      );
    }
  });

  async function ask<Answer>(questions: readonly unknown[]): Promise<readonly Answer[]> {
    const stdin = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
    const { status, stdout, stderr } = await runTool(program, [], { stdin });
    assert.equal(status, 0, stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
});

/** What is said of each version, or why the range is none. */
function checkRange(constraint: string, versions: readonly string[]): readonly string[] | string {
  try {
    const range = parseSemverRange(constraint);
    return versions.map((text) => {
      const version = parseLooseVersion(text);
      if (version === undefined) return 'none';
      return matchesRange(version, range) ? 'in' : 'out';
    });
  } catch (error) {
    assert.ok(error instanceof PolicyError, String(error));
    return error.message;
  }
}

/** Go's Expand over an empty template gives the empty text; ours takes the tag, as Flux does. */
function extract(
  pattern: string,
  template: string,
  tags: readonly string[],
): readonly (string | null)[] | string {
  try {
    const filter = compileTagFilter({ pattern, extract: template });
    return tags.map((tag) => filter(tag) ?? null);
  } catch (error) {
    assert.ok(error instanceof PolicyError, String(error));
    return error.message;
  }
}

function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[random.below(items.length)] ?? items[0];
}

function anyRange(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(3) }, () => anyComparator(random));
  return parts.join(pick(random, [' ', ', ', ' || ', ',', '  ', '\u00a0', ' \u0007', ' "']));
}

function anyComparator(random: Random): string {
  if (random.onceIn(8)) return `${anyBound(random)} - ${anyBound(random)}`;
  const operator = pick(random, ['', '=', '!=', '>', '<', '>=', '=>', '<=', '=<', '~', '~>', '^']);
  return `${operator}${random.onceIn(4) ? ' ' : ''}${anyBound(random)}`;
}

function anyBound(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(3) }, () =>
    pick(random, ['0', '1', '2', '3', '01', 'x', 'X', '*']),
  );
  return pick(random, ['', '', 'v']) + parts.join('.') + anySuffix(random);
}

function anyVersion(random: Random): string {
  const parts = Array.from({ length: random.onceIn(6) ? 1 + random.below(4) : 3 }, () =>
    pick(random, ['0', '1', '2', '3', '02', '18446744073709551615', '18446744073709551616']).slice(
      0,
      random.onceIn(9) ? 20 : 2,
    ),
  );
  return pick(random, ['', 'v', '', 'V']).slice(0, 1) + parts.join('.') + anySuffix(random);
}

function anySuffix(random: Random): string {
  if (!random.onceIn(3)) return '';
  const prerelease = Array.from({ length: 1 + random.below(3) }, () =>
    pick(random, ['0', '1', '10', '2', 'rc', 'alpha', '01', 'a-b', '-']),
  );
  return `-${prerelease.join('.')}${random.onceIn(4) ? '+build.1' : ''}`;
}

const patterns: readonly [string, ...string[]] = [
  '^main-[a-f0-9]+-(?P<ts>[0-9]+)',
  '(\\d+)',
  '(?P<a>[a-z]+)(?P<b>[0-9]*)',
  '(x)?(y)?',
  '^(a|ab)(c|bcd)?',
  '[a-z]+?(\\d*)',
  '(?i)MAIN',
  '((a)|b)+',
  '$',
  '(?!a)',
  '(',
  '[[:alpha:]]+\\.',
  '(?s).*',
  '\\bmain\\b',
  '^main-(?P<ts>.*)|^v(?<ts>[0-9])|(?P<a>a)',
  '(?i)(?P<ts>M)AIN-|(?P<ts>X)Y',
  '(?i:(?P<ts>M)AIN-|(?P<ts>X)Y)',
  '(?i)^[^m-x]+K?',
  'a{1}b{01}',
  '\\p{Lowercase_Letter}(?P<a>\\P{ascii}|[\\p{Digit}-])',
  'a\\',
  'a{1001}',
  '((a{100}){10}){10}',
  '(?P<n-a>a)',
  '[b-a]',
  'a**',
];
const templateParts: readonly [string, ...string[]] = [
  '$1',
  '$ts',
  '${ts}',
  '${1}x',
  '$1x',
  '$$',
  '$',
  '${',
  '${a}-$b',
  'x',
  '$0',
  '${nope}',
  '$9',
  '${01}',
  '$ä',
];
const texts: readonly [string, ...string[]] = [
  'main-ab12-17',
  'abcd',
  'xy',
  'v1.2.3',
  '',
  'aab',
  '0',
  'Main',
  'é',
  '.',
  '-',
];
