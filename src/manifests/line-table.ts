/** Offsets of a text to lines and columns; the lines are counted only when first asked for. */
export type LineTable = {
  /** 1-based line and column, in UTF-16 code units; a BOM at the start is not counted. */
  position(offset: number): { readonly line: number; readonly column: number };
};

export function makeLineTable(text: string): LineTable {
  let starts: number[] | undefined;
  return {
    position(offset) {
      starts ??= lineStarts(text);
      const line = lastAtOrBefore(starts, offset);
      return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
    },
  };
}

/** Where each line starts; the first behind a BOM. */
function lineStarts(text: string): number[] {
  const starts = [text.startsWith('\uFEFF') ? 1 : 0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lastAtOrBefore(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
