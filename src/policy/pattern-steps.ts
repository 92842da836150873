import type { Piece, PlainPattern, Sequence } from './plain-pattern.ts';

/**
 * At most how many ways a machine that tries one way after another has through a text of so many characters:
 * the product, over the places where the next character does not tell which way to go on, of the ways there are.
 *
 * Each way costs at most two steps for each character and piece: wherever the next character does tell, the ways
 * not taken end at once. So a search takes at most `2 * ways * (length + 1) * (pieces + 1)` steps, whatever the
 * text.
 */
export function countWays(pattern: PlainPattern, length: number): number {
  const starts = pattern.every(([first]) => first?.kind === 'start') ? 1 : length + 1;
  return starts * waysThrough(pattern, nothing, length);
}

/** Characters that may come next; the bit above them is the end of the text. */
type NextSet = bigint;

const nothing: NextSet = 0n;
const endOfText: NextSet = 1n << 128n;

/** `next`: what may follow; nothing where a match is then complete, and no other way is tried. */
function waysThrough(alternatives: PlainPattern, next: NextSet, length: number): number {
  const ways = alternatives.reduce((product, sequence) => product * waysAlong(sequence, next, length), 1);
  return areDisjoint(alternatives.map((sequence) => firstOf(sequence, next)))
    ? ways
    : ways * alternatives.length;
}

function waysAlong(sequence: Sequence, next: NextSet, length: number): number {
  return sequence.reduce((product, piece, index) => {
    return product * waysOf(piece, firstOf(sequence.slice(index + 1), next), length);
  }, 1);
}

function waysOf(piece: Piece, next: NextSet, length: number): number {
  if (piece.kind === 'loop') {
    const { chars, min, max } = piece;
    return (chars & next) === nothing ? 1 : Math.max(0, Math.min(max, length) - min) + 1;
  }
  if (piece.kind !== 'group') return 1;
  const ways = waysThrough(piece.alternatives, next, length);
  const isClear = !piece.isOptional || (firstOfAny(piece.alternatives, next) & next) === nothing;
  return isClear ? ways : ways * 2;
}

/** What a sequence may begin with, where `next` may follow it. */
function firstOf(sequence: Sequence, next: NextSet): NextSet {
  const [piece, ...rest] = sequence;
  if (piece === undefined) return next;
  switch (piece.kind) {
    case 'start':
      return firstOf(rest, next);
    case 'end':
      return endOfText;
    case 'loop':
      return piece.min > 0 ? piece.chars : piece.chars | firstOf(rest, next);
    case 'group': {
      const first = firstOfAny(piece.alternatives, firstOf(rest, next));
      return piece.isOptional ? first | firstOf(rest, next) : first;
    }
  }
}

function firstOfAny(alternatives: PlainPattern, next: NextSet): NextSet {
  return alternatives.reduce((set, sequence) => set | firstOf(sequence, next), nothing);
}

function areDisjoint(sets: readonly NextSet[]): boolean {
  let seen = nothing;
  for (const set of sets) {
    if ((seen & set) !== nothing) return false;
    seen |= set;
  }
  return true;
}
