/** One YAML document of a text: [start, end) with its `---` and what stands before it. */
export type DocumentRange = { readonly start: number; readonly end: number; readonly number: number };

/**
 * The documents of a YAML text. A marker at the start of a line always ends the document before it, even
 * within a block or quoted scalar, so splitting needs no parsing. What holds only comments and directives
 * belongs to the document behind it. Source: YAML 1.2.2 §9.1, c-forbidden.
 */
export function splitDocuments(text: string): DocumentRange[] {
  const documents: DocumentRange[] = [];
  let start = 0;
  let hasMarker = false;
  const close = (end: number): void => {
    if (hasMarker || hasContent(text, start, end)) {
      documents.push({ start, end, number: documents.length });
      start = end;
    }
    hasMarker = false;
  };
  const marker = /^\uFEFF?(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
  for (let found = marker.exec(text); found !== null; found = marker.exec(text)) {
    if (found[0].endsWith('...')) {
      close(found.index);
      start = found.index + found[0].length;
    } else {
      close(found.index);
      hasMarker = true;
    }
  }
  close(text.length);
  return documents;
}

function hasContent(text: string, start: number, end: number): boolean {
  const line = /[^\r\n\uFEFF]*[\r\n\uFEFF]*/y;
  for (let at = start; at < end; at = line.lastIndex) {
    line.lastIndex = at;
    const found = line.exec(text)?.[0] ?? '';
    if (found === '') return false;
    if (!/^\s*(?:[#%]|$)/.test(found.slice(0, Math.min(found.length, end - at)))) return true;
  }
  return false;
}
