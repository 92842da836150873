import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { rewritePattern } from './go-pattern.ts';
import { countWays } from './pattern-steps.ts';
import {
  type Piece,
  type PlainPattern,
  parsePlainPattern,
  regExpSource,
  type Sequence,
} from './plain-pattern.ts';
import { compileTagPattern } from './tag-pattern.ts';

const runs = 1000;
const lengthMax = 128;

describe('a pattern that JavaScript reads as RE2 does', () => {
  it('finds the same, whatever the pattern and the tag', () => {
    let plainCount = 0;
    fc.assert(
      fc.property(patterns, fc.array(tags, { minLength: 5, maxLength: 5 }), (text, given) => {
        const plain = parsePlainPattern(text);
        if (plain === undefined) return;
        plainCount += 1;
        const regExp = new RegExp(regExpSource(plain));
        for (const tag of given) {
          assert.deepEqual(regExp.exec(tag)?.slice() ?? undefined, re2Match(text, tag), `${text} on ${tag}`);
          assert.deepEqual(
            compileTagPattern(text).match(tag)?.slice(),
            re2Match(text, tag),
            `${text} on ${tag}`,
          );
        }
      }),
      { numRuns: runs },
    );
    assert.ok(plainCount > runs / 3, `only ${plainCount} of ${runs} patterns were plain`);
  });

  it('is one that RE2 takes, and has the same names of groups', () => {
    fc.assert(
      fc.property(fc.oneof(anyPatterns, fc.stringMatching(/^[ab(|)?*+{}1,^$.[\]\\-]{0,10}$/)), (text) => {
        const plain = parsePlainPattern(text);
        if (plain === undefined) return;
        assert.ok(isRe2(text), text);
        const isQuick = countWays(plain, lengthMax) <= lengthMax + 1;
        if (isQuick) assert.deepEqual(compileTagPattern(text).names, rewritePattern(text).names);
      }),
      { numRuns: runs },
    );
  });

  it('takes no more steps than were counted, whatever the text', () => {
    fc.assert(
      fc.property(patterns, fc.array(tags, { minLength: 3, maxLength: 3 }), (text, given) => {
        const plain = parsePlainPattern(text);
        if (plain === undefined) return;
        for (const tag of [
          ...given,
          ...['a', 'ab', '1', 'a1-'].map((unit) => unit.repeat(30).slice(0, 60)),
        ]) {
          const steps = stepsOf(plain, tag);
          const bound = 2 * countWays(plain, tag.length) * (tag.length + 1) * (sizeOf(plain) + 1);
          assert.ok(steps <= bound, `${text} on ${tag}: ${steps} steps, ${bound} counted`);
        }
      }),
      { numRuns: runs },
    );
  });
});

describe('who reads a pattern', () => {
  const table: readonly { readonly pattern: string; readonly ways: number | undefined }[] = [
    { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', ways: 1 },
    { pattern: '^v?(?P<version>[0-9]+\\.[0-9]+\\.[0-9]+)$', ways: 1 },
    { pattern: '^RELEASE\\.(?P<timestamp>.*)Z$', ways: lengthMax + 1 },
    { pattern: '^.*\\.sig$', ways: lengthMax + 1 },
    { pattern: '-(?:rc|alpha|beta)\\.\\d+$', ways: lengthMax + 1 },
    // Two places to go back to: RE2's own machine is no slower on the worst of texts.
    { pattern: '.*-(?P<ts>[0-9]+)', ways: (lengthMax + 1) ** 2 },
    { pattern: '^.*-.*-.*$', ways: (lengthMax + 1) ** 2 },
    { pattern: '^(a+)+$', ways: undefined },
    { pattern: '^(a|aa)+$', ways: undefined },
    { pattern: '(.*)*x', ways: undefined },
    { pattern: '(a{0,30}){0,30}b', ways: undefined },
    { pattern: '(?i)^v1', ways: 1 },
    { pattern: '^(?i)v1', ways: undefined },
    { pattern: '(?i:v)1', ways: undefined },
    { pattern: '^\\pL+$', ways: undefined },
    { pattern: '^[[:digit:]]+$', ways: undefined },
    { pattern: 'a\\b', ways: undefined },
    { pattern: '(a|^b)', ways: undefined },
    { pattern: '^ä$', ways: undefined },
    { pattern: 'a$b', ways: undefined },
    { pattern: 'a{01}', ways: undefined },
    { pattern: 'a{1,02}', ways: undefined },
    { pattern: '^(?P<ts>a)|^(?P<ts>b)', ways: 1 },
  ];
  for (const { pattern, ways } of table) {
    const words = ways === undefined ? 'is left to RE2' : `has ${ways} ways through the longest tag`;
    it(`${pattern} ${words}`, () => {
      const plain = parsePlainPattern(pattern);
      assert.equal(plain && countWays(plain, lengthMax), ways);
    });
  }
});

describe('texts that are no tags', () => {
  for (const text of ['é', 'a\nb', '\u212a', '💥', 'x'.repeat(5000), '']) {
    for (const pattern of ['^.*$', '.', '^[^a]*$', '^x*$', 'a.b', '\\W$']) {
      it(`match ${pattern} as RE2 has it: ${JSON.stringify(text.slice(0, 10))}`, () => {
        assert.deepEqual(compileTagPattern(pattern).match(text)?.slice(), re2Match(pattern, text));
      });
    }
  }
});

/** Few letters, so that patterns and tags meet often. */
const tags = fc.stringMatching(/^[abAB1.-]{0,12}$/);

const sets = fc.constantFrom(
  'a',
  'b',
  '1',
  '\\.',
  '-',
  '.',
  '[ab]',
  '[^a]',
  '[a-b1]',
  '[1.-]',
  '[^-]',
  '\\d',
  '\\w',
  '\\D',
  '\\W',
  '\\s',
  '[\\d-]',
);
const quantifiers = fc.constantFrom(
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{1,3}',
  '{2,}',
  '{0,2}?',
);
const loops = fc.tuple(sets, quantifiers).map(([set, quantifier]) => set + quantifier);

const bodies = fc.letrec<{ body: string; piece: string }>((tie) => ({
  body: fc
    .array(fc.array(tie('piece'), { maxLength: 4 }), { minLength: 1, maxLength: 2 })
    .map((alternatives) => alternatives.map((pieces) => pieces.join('')).join('|')),
  piece: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 4, arbitrary: loops },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom('(', '(?:', '(?P<x>', '(?<y>'),
          tie('body'),
          fc.constantFrom('', '', '?', '??', '+'),
        )
        .map(([open, body, quantifier]) => `${open}${body})${quantifier}`),
    },
  ),
}));

const anyPatterns = fc
  .tuple(fc.constantFrom('', '', '(?i)'), fc.constantFrom('', '^'), bodies.body, fc.constantFrom('', '$'))
  .map((parts) => parts.join(''));
const patterns = anyPatterns.filter(isRe2);

function isRe2(text: string): boolean {
  try {
    RE2JS.compile(rewritePattern(text).source);
    return true;
  } catch {
    return false;
  }
}

function re2Match(text: string, tag: string): readonly (string | undefined)[] | undefined {
  const matcher = RE2JS.compile(rewritePattern(text).source).matcher(tag);
  if (!matcher.find()) return undefined;
  return Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? undefined);
}

/** Steps of a machine that tries one way after another and remembers nothing: RegExp is no worse. */
function stepsOf(pattern: PlainPattern, text: string): number {
  let steps = 0;
  type Then = (at: number) => boolean;
  const along = (sequence: Sequence, at: number, then: Then): boolean => {
    const [piece, ...rest] = sequence;
    if (piece === undefined) return then(at);
    steps += 1;
    return through(piece, at, (next) => along(rest, next, then));
  };
  const through = (piece: Piece, at: number, then: Then): boolean => {
    if (piece.kind === 'start') return at === 0 && then(at);
    if (piece.kind === 'end') return at === text.length && then(at);
    if (piece.kind === 'loop') return around(piece, 0, at, then);
    const take = () => piece.alternatives.some((sequence) => along(sequence, at, then));
    if (!piece.isOptional) return take();
    return piece.isLazy ? then(at) || take() : take() || then(at);
  };
  const around = (loop: Extract<Piece, { kind: 'loop' }>, times: number, at: number, then: Then): boolean => {
    steps += 1;
    const code = text.charCodeAt(at);
    const more = () =>
      times < loop.max &&
      at < text.length &&
      ((loop.chars >> BigInt(code)) & 1n) === 1n &&
      around(loop, times + 1, at + 1, then);
    if (times < loop.min) return more();
    return loop.isLazy ? then(at) || more() : more() || then(at);
  };
  for (let start = 0; start <= text.length; start += 1) {
    if (pattern.some((sequence) => along(sequence, start, () => true))) return steps;
  }
  return steps;
}

/** Pieces of a pattern, those in its groups counted too. */
function sizeOf(pattern: PlainPattern): number {
  return pattern.reduce(
    (sum, sequence) =>
      sum +
      sequence.reduce(
        (pieces, piece) => pieces + 1 + (piece.kind === 'group' ? sizeOf(piece.alternatives) : 0),
        0,
      ),
    0,
  );
}
