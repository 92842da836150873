import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PolicyError } from './errors.ts';
import { compileTagPattern } from './tag-pattern.ts';

const matches: readonly {
  readonly name: string;
  readonly pattern: string;
  readonly text: string;
  readonly groups: readonly (string | undefined)[] | undefined;
  readonly names?: readonly (string | undefined)[];
}[] = [
  {
    name: 'one name for two groups, read by RegExp',
    pattern: '^main-(?P<ts>\\d+)$|^dev-(?<ts>\\d+)$',
    text: 'dev-7',
    groups: ['dev-7', undefined, '7'],
    names: ['ts', 'ts'],
  },
  {
    name: "one name for two groups, read by RE2's machine",
    pattern: '(?i:^(main))-(?P<ts>\\d+)$|^dev-(?P<ts>\\d+)$',
    text: 'dev-7',
    groups: ['dev-7', undefined, undefined, '7'],
    names: [undefined, 'ts', 'ts'],
  },
  {
    name: 'what looks like a group, in a class and in quotes',
    pattern: '(?i:)[]a(?P<n>]+\\Q(?P<n>\\E\\((?P<n>b)(?:[[:alpha:]](?P<n>c))',
    text: 'a]((?P<n>(bxc',
    groups: ['a]((?P<n>(bxc', 'b', 'c'],
    names: ['n', 'n'],
  },
  {
    name: 'a bracket in a class',
    pattern: '(?i:)[[](?P<n>x)(?P<n>y)',
    text: '[xy',
    groups: ['[xy', 'x', 'y'],
  },
  { name: 'capitals that do not matter', pattern: '(?i)^[^a]B\\D[c-d]$', text: 'bbXD', groups: ['bbXD'] },
  { name: 'a capital that a class leaves out', pattern: '(?i)[^ab]', text: 'A', groups: undefined },
  { name: 'a sign that is a letter in another case', pattern: '(?i)^k$', text: '\u212a', groups: ['\u212a'] },
  { name: 'a long name of a class', pattern: '^\\p{Lowercase_Letter}+$', text: 'ab', groups: ['ab'] },
  { name: 'a name without capitals', pattern: '^\\p{greek}\\pl\\p{nd}$', text: 'αa1', groups: ['αa1'] },
  { name: 'ASCII', pattern: '^\\p{ASCII}[\\p{ascii}é]\\p{^ASCII}$', text: '-éä', groups: ['-éä'] },
  { name: 'no ASCII', pattern: '^[\\P{ascii}]\\P{ASCII}$', text: 'éa', groups: undefined },
  { name: 'ASCII where capitals do not matter', pattern: '(?i)[^\\P{ascii}]', text: 'k', groups: ['k'] },
  { name: 'not a letter', pattern: '^\\P{Letter}\\p{^letter}$', text: '1-', groups: ['1-'] },
  { name: 'a count that begins with a zero', pattern: '^a{01}$', text: 'a{01}', groups: ['a{01}'] },
];

const refusals: readonly { readonly pattern: string; readonly problem: string }[] = [
  { pattern: 'a\\', problem: 'trailing backslash at end of expression: ``' },
  { pattern: '\\p{Foo}', problem: 'invalid character class range: `\\p{Foo}`' },
  { pattern: '(?P<n>a)(?P<n>b', problem: 'missing closing ): `(?P<n>a)(?P<n>b`' },
  { pattern: '\\p{Letter})', problem: 'unexpected ): `\\p{Letter})`' },
  {
    pattern: '('.repeat(1100) + ')'.repeat(1100),
    problem: `expression nests too deeply: \`${'('.repeat(1100)}${')'.repeat(1100)}\``,
  },
  { pattern: '[0-\\P{ascii}9]', problem: 'invalid escape sequence: `\\P`' },
  { pattern: '(?P<1>a)(?P<n-a>b)', problem: 'invalid named capture: `(?P<n-a>`' },
  { pattern: '(?<!a)', problem: 'invalid named capture: `(?<!a)`' },
  { pattern: 'a{1001}', problem: 'invalid repeat count: `{1001}`' },
];

describe('a pattern is read as Go reads it', () => {
  for (const { name, pattern, text, groups, names } of matches) {
    it(name, () => {
      const compiled = compileTagPattern(pattern);
      assert.deepEqual(compiled.match(text)?.slice(), groups);
      assert.equal(compiled.test(text), groups !== undefined);
      if (names !== undefined) assert.deepEqual(compiled.names, names);
    });
  }
  for (const { pattern, problem } of refusals) {
    it(`refuses ${pattern.slice(0, 40)} in Go's words`, () => {
      assert.throws(
        () => compileTagPattern(pattern),
        (error) =>
          error instanceof PolicyError &&
          error.message ===
            `invalid regular expression pattern '${pattern}': error parsing regexp: ${problem}`,
      );
    });
  }
});
