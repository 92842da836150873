import { RE2JS } from 're2js';
import { describeError } from '../errors.ts';
import { PolicyError } from './errors.ts';
import { rewritePattern } from './go-pattern.ts';
import { countWays } from './pattern-steps.ts';
import { codesOf, namesOf, type PlainPattern, parsePlainPattern, regExpSource } from './plain-pattern.ts';

/** A pattern of RE2, compiled: it occurs anywhere in a text unless it is anchored. */
export interface TagPattern {
  test(text: string): boolean;
  /** What the groups hold of the first occurrence, the whole at 0; absent where a group took no part. */
  match(text: string): readonly (string | undefined)[] | undefined;
  /** Of the groups from number 1, those without one undefined; several may have the same. */
  readonly names: readonly (string | undefined)[];
}

/** Longest text given to RegExp: the longest tag. Source: OCI distribution spec 1.1. */
const plainLengthMax = 128;

/**
 * Ways a RegExp may have to try through the longest tag: one place where it goes back over the whole of it, the
 * search for a beginning included. With more, RE2's machine is the faster one on the worst of texts.
 */
const waysMax = plainLengthMax + 1;

const asciiPattern = /^[\0-\x7f]*$/;

/**
 * RE2's own machine takes any pattern in linear time and is slow; RegExp is twenty times as fast and takes time
 * without bound for some patterns. So RegExp gets those that mean the same to it and that cannot make it try more
 * than `waysMax` ways; a test holds both against each other.
 * @throws PolicyError `FILTER_INVALID`, with Go's words
 */
export function compileTagPattern(text: string): TagPattern {
  const plain = parsePlainPattern(text);
  if (plain === undefined || countWays(plain, plainLengthMax) > waysMax) return compileLinear(text);
  // Nobody gives such a pattern anything but tags; RE2's machine is made only where somebody does.
  let linear: TagPattern | undefined;
  return withPlain(plain, () => (linear ??= compileLinear(text)));
}

function withPlain(plain: PlainPattern, linear: () => TagPattern): TagPattern {
  const { prefix, suffix } = literalEnds(plain);
  const regExp = new RegExp(regExpSource(plain));
  const isPossible = (text: string) => text.startsWith(prefix) && text.endsWith(suffix);
  const isPlain = (text: string) => text.length <= plainLengthMax && asciiPattern.test(text);
  return {
    names: namesOf(plain),
    test: (text) => isPossible(text) && (isPlain(text) ? regExp.test(text) : linear().test(text)),
    match(text) {
      if (!isPossible(text)) return undefined;
      return isPlain(text) ? (regExp.exec(text) ?? undefined) : linear().match(text);
    },
  };
}

/** What every match of an anchored pattern begins and ends with: the quickest way to see that there is none. */
function literalEnds(plain: PlainPattern): { readonly prefix: string; readonly suffix: string } {
  const [pieces = [], another] = plain;
  if (another !== undefined) return { prefix: '', suffix: '' };
  const chars = pieces.map((piece) => {
    if (piece.kind !== 'loop' || piece.min !== 1 || piece.max !== 1) return undefined;
    const [code, more] = codesOf(piece.chars);
    return code === undefined || more !== undefined ? undefined : String.fromCharCode(code);
  });
  const begins = pieces[0]?.kind === 'start' ? chars.slice(1) : [];
  const ends = pieces.at(-1)?.kind === 'end' ? chars.slice(0, -1).toReversed() : [];
  return { prefix: leading(begins).join(''), suffix: leading(ends).toReversed().join('') };
}

function leading(chars: readonly (string | undefined)[]): readonly string[] {
  const known: string[] = [];
  for (const char of chars) {
    if (char === undefined) return known;
    known.push(char);
  }
  return known;
}

function compileLinear(text: string): TagPattern {
  const { source, names } = rewritePattern(text);
  const pattern = compileRe2(text, source);
  return {
    names,
    test: (tag) => pattern.test(tag),
    match(tag) {
      // Whether it matches is answered by a faster part of the machine than what the groups hold.
      if (!pattern.test(tag)) return undefined;
      const matcher = pattern.matcher(tag);
      matcher.find();
      return Array.from(
        { length: matcher.groupCount() + 1 },
        (_, index) => matcher.group(index) ?? undefined,
      );
    },
  };
}

function compileRe2(text: string, source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    const problem = goWords(describeError(cause), source).replaceAll(source, () => text);
    throw new PolicyError('FILTER_INVALID', `invalid regular expression pattern '${text}': ${problem}`, {
      hint: 'patterns are RE2, as Go has it: no lookaround, no backreferences',
      cause,
    });
  }
}

/** Go always says what it is about: nothing at the end of a pattern, or the pattern whole. */
function goWords(problem: string, source: string): string {
  if (problem.includes('`')) return problem;
  return `${problem}: \`${problem.endsWith('trailing backslash at end of expression') ? '' : source}\``;
}
