import { lineField } from './read-lines.ts';
import type { Reading } from './reading.ts';
import { isExcluded } from './rules.ts';
import { readReference, referenceShape } from './value-shape.ts';

/** Text files named for images: `images.txt`, `image-list`, `rke2-images.linux-amd64.txt`. */
export function isImageListName(fileName: string): boolean {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1);
  return /images?/i.test(base) && /^[\w.-]+?(?:\.(?:txt|list|lst)|[-_]list)$/i.test(base);
}

/**
 * Reads a list of references, one per line, `#` comments and blank lines between. A line may have more behind
 * white space, as `ctr images list` prints it. A file most of whose lines are none is no such list.
 */
export function readImageList(reading: Reading, text: string): void {
  const found: { reference: string; start: number }[] = [];
  let lines = 0;
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 ? text.length : newline;
    const line = /^\s*([^\s#]\S*)/.exec(text.slice(at, Math.min(end, at + 2000)));
    const word = line?.[1];
    if (line !== null && word !== undefined) {
      lines += 1;
      const reference = readReference(word);
      const isOne =
        reference !== undefined && (lines === found.length + 1 || referenceShape(reference) !== 'bare');
      if (isOne) found.push({ reference: word, start: at + line[0].length - word.length });
    }
    at = end + 1;
  }
  if (found.length * 2 < lines) return;
  for (const { reference, start } of found) {
    const target = { file: reading.fileName, keys: [], kind: undefined, reference };
    if (!isExcluded(reading.rules, target)) reading.found.push(lineField(reference, start, 'image-list'));
  }
}
