/**
 * The part of RE2's syntax in which JavaScript's own RegExp means exactly the same: character sets, loops over one
 * set, groups that are taken once or not at all, anchors at the ends, `(?i)` before all. What is outside it is
 * undefined here and left to a machine that takes all of RE2. Sets are of ASCII, which tags are.
 */

import { NotPlain, Reader } from './pattern-reader.ts';

/** Alternatives, each a sequence of pieces. The first one that leads to a match is taken. */
export type PlainPattern = readonly Sequence[];

export type Sequence = readonly Piece[];

export type Piece =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | Loop
  | {
      readonly kind: 'group';
      readonly isCaptured: boolean;
      readonly name: string | undefined;
      readonly isOptional: boolean;
      readonly isLazy: boolean;
      readonly alternatives: PlainPattern;
    };

/** A set of characters so many times; once where nothing is written behind it. */
export type Loop = {
  readonly kind: 'loop';
  readonly chars: CharSet;
  readonly min: number;
  /** Infinity where it is open. */
  readonly max: number;
  readonly isLazy: boolean;
};

/** Characters below 128, one bit for each code. */
export type CharSet = bigint;

/** Longer patterns are read by the other machine: it is no worse for them. */
const patternLengthMax = 500;
const nestingMax = 10;

const codesMax = 128;
const all: CharSet = (1n << BigInt(codesMax)) - 1n;
const digits = range('0', '9');
const words = digits | range('A', 'Z') | range('a', 'z') | charOf('_');
const blanks = ['\t', '\n', '\f', '\r', ' '].reduce((set, char) => set | charOf(char), 0n);
const anyButNewline = all & ~charOf('\n');

/** Classes by letter. Source: RE2 syntax, "Perl character classes" (ASCII only, as in Go). */
const classes: Readonly<Record<string, CharSet>> = {
  d: digits,
  D: all & ~digits,
  w: words,
  W: all & ~words,
  s: blanks,
  S: all & ~blanks,
};

/** Reads a pattern; undefined where RE2 would refuse it, or where it uses more than this file knows. */
export function parsePlainPattern(text: string): PlainPattern | undefined {
  if (text.length > patternLengthMax) return undefined;
  try {
    const reader = new Reader(text);
    const pattern = readAlternatives(reader, 0);
    if (!reader.isAtEnd) throw new NotPlain();
    return pattern;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Names of the capturing groups in the order of their numbers, from 1; undefined for those without one. */
export function namesOf(pattern: PlainPattern): readonly (string | undefined)[] {
  return pattern.flat().flatMap((piece) => {
    if (piece.kind !== 'group') return [];
    const inner = namesOf(piece.alternatives);
    return piece.isCaptured ? [piece.name, ...inner] : inner;
  });
}

/** The same pattern for `new RegExp`, without flags. */
export function regExpSource(pattern: PlainPattern): string {
  return pattern.map((sequence) => sequence.map(pieceSource).join('')).join('|');
}

/** Characters of a set, by code. */
export function codesOf(chars: CharSet): readonly number[] {
  // Read off the digits: a hundred times as fast as asking for one bit after another.
  const bits = chars.toString(2);
  const codes: number[] = [];
  for (let at = bits.length - 1; at >= 0; at -= 1) if (bits[at] === '1') codes.push(bits.length - 1 - at);
  return codes;
}

function readAlternatives(reader: Reader, depth: number): PlainPattern {
  const alternatives: Sequence[] = [];
  do alternatives.push(readSequence(reader, depth));
  while (reader.takeMatch(/\|/y) !== undefined);
  return alternatives;
}

function readSequence(reader: Reader, depth: number): Sequence {
  const pieces: Piece[] = [];
  while (!reader.isAtEnd && reader.next !== '|' && reader.next !== ')') {
    const piece = readPiece(reader, depth);
    // An anchor elsewhere than at the ends of the whole pattern means more than these pieces can say.
    const isMisplaced =
      piece.kind === 'start' ? depth > 0 || pieces.length > 0 : pieces.at(-1)?.kind === 'end';
    if (isMisplaced || (piece.kind === 'end' && depth > 0)) throw new NotPlain();
    pieces.push(piece);
  }
  return pieces;
}

function readPiece(reader: Reader, depth: number): Piece {
  const char = reader.take();
  switch (char) {
    case '^':
      return { kind: 'start' };
    case '$':
      return { kind: 'end' };
    case '(':
      return readGroup(reader, depth + 1);
    case '.':
      return readLoop(reader, anyButNewline);
    case '[':
      return readLoop(reader, readClass(reader));
    case '\\':
      return readLoop(reader, readEscape(reader));
    default:
      return readLoop(reader, folded(reader, literal(char)));
  }
}

function readGroup(reader: Reader, depth: number): Piece {
  if (depth > nestingMax) throw new NotPlain();
  const opening = reader.takeMatch(/\?(?::|P?<([A-Za-z_][A-Za-z0-9_]*)>)/y);
  if (opening === undefined && reader.next === '?') throw new NotPlain();
  const alternatives = readAlternatives(reader, depth);
  if (reader.take() !== ')') throw new NotPlain();
  const quantifier = reader.takeMatch(/\?\??/y)?.[0] ?? '';
  if (isQuantifier(reader.next)) throw new NotPlain();
  const isOptional = quantifier !== '';
  // What may be taken while it is empty is counted in other ways by the two machines.
  if (isOptional && alternatives.some(isNullable)) throw new NotPlain();
  return {
    kind: 'group',
    isCaptured: opening?.[0] !== '?:',
    name: opening?.[1],
    isOptional,
    isLazy: quantifier === '??',
    alternatives,
  };
}

/** Whether a sequence matches the empty text. */
function isNullable(sequence: Sequence): boolean {
  return sequence.every((piece) => {
    if (piece.kind === 'loop') return piece.min === 0;
    if (piece.kind === 'group') return piece.isOptional || piece.alternatives.some(isNullable);
    return piece.kind === 'start';
  });
}

function readLoop(reader: Reader, chars: CharSet): Loop {
  const match = reader.takeMatch(quantifierPattern);
  if (isQuantifier(reader.next)) throw new NotPlain();
  const [, sign, low, comma, high, lazy] = match ?? [];
  const isLazy = lazy === '?';
  if (sign === '*') return { kind: 'loop', chars, min: 0, max: Number.POSITIVE_INFINITY, isLazy };
  if (sign === '+') return { kind: 'loop', chars, min: 1, max: Number.POSITIVE_INFINITY, isLazy };
  if (sign === '?') return { kind: 'loop', chars, min: 0, max: 1, isLazy };
  const min = low === undefined ? 1 : Number(low);
  const max = comma === undefined ? min : high === undefined ? Number.POSITIVE_INFINITY : Number(high);
  if (max < min) throw new NotPlain();
  return { kind: 'loop', chars, min, max, isLazy };
}

/** A count that begins with a zero is no count in RE2: `a{01}` is five characters. */
const quantifierPattern = /(?:([*+?])|\{(0|[1-9]\d{0,2})(?:(,)(0|[1-9]\d{0,2})?)?\})(\??)/y;

function isQuantifier(char: string | undefined): boolean {
  return char === '*' || char === '+' || char === '?' || char === '{';
}

function readClass(reader: Reader): CharSet {
  const isNegated = reader.takeMatch(/\^/y) !== undefined;
  let chars: CharSet = 0n;
  let isFirst = true;
  while (reader.next !== ']' || isFirst) {
    chars |= readClassItem(reader, isFirst);
    isFirst = false;
  }
  reader.take();
  const set = folded(reader, chars);
  return isNegated ? all & ~set : set;
}

/** With the other case of each letter. Of what is not ASCII, some is a letter's other case: no tag has it. */
function folded({ isFolding }: Reader, chars: CharSet): CharSet {
  if (!isFolding) return chars;
  const distance = BigInt('a'.charCodeAt(0) - 'A'.charCodeAt(0));
  return chars | ((chars & range('A', 'Z')) << distance) | ((chars & range('a', 'z')) >> distance);
}

function readClassItem(reader: Reader, isFirst: boolean): CharSet {
  const char = reader.take();
  if (char === '[' || char === ']') throw new NotPlain();
  if (char === '-' && !isFirst && reader.next !== ']') throw new NotPlain();
  if (char === '\\') {
    const escaped = readEscape(reader);
    if (reader.takeMatch(/(?=-[^\]])/y) !== undefined) throw new NotPlain();
    return escaped;
  }
  const high = reader.takeMatch(/-([A-Za-z0-9])/y)?.[1];
  if (high !== undefined) {
    if (!/^[A-Za-z0-9]$/.test(char) || high < char) throw new NotPlain();
    return range(char, high);
  }
  return ascii(char);
}

/** A class of Perl's, or a punctuation mark that stands for itself. */
function readEscape(reader: Reader): CharSet {
  const char = reader.take();
  const chars = classes[char];
  if (chars !== undefined) return chars;
  if (!/^[!-/:-@[-`{-~]$/.test(char)) throw new NotPlain();
  return charOf(char);
}

function literal(char: string): CharSet {
  if (/^[*+?{}\])]$/.test(char)) throw new NotPlain();
  return ascii(char);
}

function ascii(char: string): CharSet {
  if (char.charCodeAt(0) >= codesMax) throw new NotPlain();
  return charOf(char);
}

function charOf(char: string): CharSet {
  return 1n << BigInt(char.charCodeAt(0));
}

function range(low: string, high: string): CharSet {
  let chars: CharSet = 0n;
  for (let code = low.charCodeAt(0); code <= high.charCodeAt(0); code += 1) chars |= 1n << BigInt(code);
  return chars;
}

function pieceSource(piece: Piece): string {
  switch (piece.kind) {
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'group': {
      const quantifier = piece.isOptional ? `?${piece.isLazy ? '?' : ''}` : '';
      return `(${piece.isCaptured ? '' : '?:'}${regExpSource(piece.alternatives)})${quantifier}`;
    }
    case 'loop':
      return setSource(piece.chars) + loopSource(piece);
  }
}

function loopSource({ min, max, isLazy }: Loop): string {
  if (min === 1 && max === 1) return '';
  return `{${min},${max === Number.POSITIVE_INFINITY ? '' : max}}${isLazy ? '?' : ''}`;
}

/** By code, so that no character means anything but itself. An empty set matches nothing in both machines. */
function setSource(chars: CharSet): string {
  const escape = (code: number) => `\\x${code.toString(16).padStart(2, '0')}`;
  return `[${codesOf(chars).map(escape).join('')}]`;
}
