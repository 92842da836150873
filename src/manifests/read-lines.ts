import type { ImagePart } from './image-field.ts';
import { keyMeaning } from './key-meaning.ts';
import type { FoundField, Reading } from './reading.ts';
import { isExcluded } from './rules.ts';
import { findPieces } from './string-content.ts';
import { isReferenceByShape, readReference } from './value-shape.ts';

/** A longer line is data, not something a person wrote. */
const lineLengthMax = 4000;

/** `key: value`, `- key: value` or `- value`, quoted or not, with a comment behind. */
const keyedLine =
  /^[ \t]*(?:-[ \t]+)*(?:(["']?)([\w./-]{1,160})\1[ \t]*:[ \t]+|-[ \t]+)(["']?)([^\s"'#]{2,600})\3,?[ \t]*(?:#.*)?\r?$/;

/**
 * Reads a template that masking did not make YAML, line by line: what stands whole on one line beside its key
 * is found, what is spread over lines is not.
 */
export function readLines(reading: Reading, text: string, from: number, to: number): void {
  let at = from;
  while (at < to) {
    const newline = text.indexOf('\n', at);
    const end = newline === -1 || newline > to ? to : newline;
    if (end - at <= lineLengthMax) readLine(reading, text.slice(at, end), at);
    at = end + 1;
  }
}

function readLine(reading: Reading, line: string, at: number): void {
  const found = keyedLine.exec(line);
  const value = found?.[4];
  if (found === null || value === undefined) return;
  const meaning = keyMeaning(found[2] ?? '');
  const valueAt = at + found[0].lastIndexOf(value);
  const isImage = meaning === 'image' || meaning === 'images';
  if ((meaning === 'image' && readReference(value) !== undefined) || isReferenceByShape(value)) {
    keep(reading, value, valueAt);
    return;
  }
  for (const piece of findPieces(value, isImage)) {
    keep(reading, value.slice(piece.from, piece.to), valueAt + piece.from);
  }
}

function keep(reading: Reading, reference: string, start: number): void {
  const { fileName, rules } = reading;
  if (isExcluded(rules, { file: fileName, keys: [], kind: undefined, reference })) return;
  reading.found.push(lineField(reference, start, 'template-line'));
}

/** A field of a file read as lines. */
export function lineField(reference: string, start: number, foundBy: string): FoundField {
  const part: ImagePart = {
    role: 'reference',
    value: reference,
    start,
    end: start + reference.length,
    style: 'text',
    pointer: '',
  };
  return {
    reference,
    form: 'text',
    confidence: 'likely',
    pointer: '',
    object: undefined,
    parts: [part],
    foundBy,
    touches: [start],
  };
}
