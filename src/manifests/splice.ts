/** Replaces [start, end) of a text, in UTF-16 code units; an insertion where both are equal. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string };

export type SpliceOutcome =
  | { readonly kind: 'spliced'; readonly text: string; readonly splices: readonly Splice[] }
  /** Two splices want the same place to be different things: nothing was changed. */
  | { readonly kind: 'overlap'; readonly first: Splice; readonly second: Splice };

/**
 * The text with every splice done and every other character as it was. A splice that stands twice, as one
 * anchor used by two fields asks for, is done once; the splices answered are those done, in order.
 */
export function applySplices(text: string, splices: readonly Splice[]): SpliceOutcome {
  const done: Splice[] = [];
  const pieces: string[] = [];
  let at = 0;
  for (const splice of splices.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const before = done.at(-1);
    if (before !== undefined && areEqual(before, splice)) continue;
    if (before !== undefined && collide(before, splice)) {
      return { kind: 'overlap', first: before, second: splice };
    }
    pieces.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
    done.push(splice);
  }
  pieces.push(text.slice(at));
  return { kind: 'spliced', text: pieces.join(''), splices: done };
}

/** Two insertions at one place collide too: neither order is the one that was meant. */
function collide(a: Splice, b: Splice): boolean {
  return !areEqual(a, b) && (a.start === b.start || (a.start < b.end && b.start < a.end));
}

function areEqual(a: Splice, b: Splice): boolean {
  return a.start === b.start && a.end === b.end && a.text === b.text;
}
