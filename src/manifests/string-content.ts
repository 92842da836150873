import { commandPieces } from './container-command.ts';
import { keyMeaning } from './key-meaning.ts';
import { isForeignKey } from './not-images.ts';
import { isReferenceByShape, readReference, referenceShape, valueShape } from './value-shape.ts';

/** [from, to) of a string's value that is a reference. */
export type Piece = { readonly from: number; readonly to: number };

/** Longest single-line string looked into piece by piece. */
const lineLengthMax = 10_000;

/**
 * The references in a string that is more than a reference: `--sidecar-image=quay.io/…`, `IMAGE=nginx:1.25`,
 * `docker://alpine:3.20`, a comma-separated list, a map or list of one per line. All of the string must fit,
 * so that prose and scripts hold none.
 *
 * @param isImage the key says that the string is about images
 */
export function findPieces(text: string, isImage: boolean): Piece[] {
  if (/\s/.test(text)) {
    const pieces = text.includes('\n') ? linePieces(text, isImage) : [];
    if (pieces.length > 0) return pieces;
    const items = itemPieces(text, isImage);
    return items.length > 0 ? items : [...scriptPieces(text), ...commandPieces(text)];
  }
  if (text.length > lineLengthMax) return [];
  const fallback = variableDefault(text, isImage);
  if (fallback !== undefined) return [fallback];
  const items = itemPieces(text, isImage);
  if (items.length > 0) return items;
  const scheme = /^docker:\/\//.exec(text)?.[0].length ?? 0;
  if (scheme > 0)
    return readReference(text.slice(scheme)) === undefined ? [] : [{ from: scheme, to: text.length }];
  const assignment = /^(-{0,2}[A-Za-z_][\w./:-]{0,300})=/.exec(text);
  if (assignment === null) return text.includes(',') ? listPieces(text, 0, isImage) : [];
  const key = assignment[1] ?? '';
  if (isForeignKey(key)) return [];
  const meaning = keyMeaning(key);
  const saysImage = meaning === 'image' || meaning === 'images' || (isImage && !key.startsWith('-'));
  const at = assignment[0].length;
  // A flag is written for its value: `--webhook-image=busybox`.
  if (meaning === 'image' && /^-.*image$/i.test(key) && valueShape(text.slice(at)) === 'bare') {
    return [{ from: at, to: text.length }];
  }
  return listPieces(text, at, saysImage);
}

/** `a:1,b:2`, or one alone. */
function listPieces(text: string, start: number, isImage: boolean): Piece[] {
  const pieces: Piece[] = [];
  let at = start;
  for (const item of text.slice(start).split(',')) {
    const value = item.trim();
    const from = at + item.indexOf(value);
    if (!isPieceOfImage(value, isImage)) return [];
    pieces.push({ from, to: from + value.length });
    at += item.length + 1;
  }
  return pieces;
}

/** `${DB_IMAGE:-postgres:15}`: what a shell or Compose takes where the variable is not set. */
function variableDefault(text: string, isImage: boolean): Piece | undefined {
  const found = /^\$\{[A-Za-z_]\w{0,100}:?-([^${}]{2,600})\}$/.exec(text);
  const value = found?.[1];
  if (value === undefined) return undefined;
  const fits = isReferenceByShape(value) || (isImage && valueShape(value) !== 'none');
  return fits ? { from: text.length - 1 - value.length, to: text.length - 1 } : undefined;
}

/**
 * Two or more references with commas, semicolons or white space between, each with a key or all without:
 * `a=quay.io/x/a:1;b=quay.io/x/b:1`. All of the string must fit.
 */
function itemPieces(text: string, isImage: boolean): Piece[] {
  if (text.length > lineLengthMax || !/[,;\s]/.test(text)) return [];
  const pieces: Piece[] = [];
  const keys: string[] = [];
  for (const item of text.matchAll(/[^\s,;]+/g)) {
    const key = /^[\w./-]{1,200}=/.exec(item[0])?.[0] ?? '';
    const value = item[0].slice(key.length);
    if (!isReferenceByShape(value) && !(isImage && hasHostOrTag(value))) return [];
    const to = item.index + item[0].length;
    pieces.push({ from: to - value.length, to });
    keys.push(key);
  }
  const isEven = keys.every((key) => key !== '') || keys.every((key) => key === '');
  const isForeign = keys.some((key) => isForeignKey(key.slice(0, -1)));
  return pieces.length > 1 && isEven && !isForeign ? pieces : [];
}

function hasHostOrTag(value: string): boolean {
  const shape = valueShape(value);
  return shape === 'tagged' || shape === 'hosted' || shape === 'full' || shape === 'pinned';
}

function isPieceOfImage(value: string, isImage: boolean): boolean {
  if (isReferenceByShape(value)) return true;
  const shape = valueShape(value);
  return isImage && shape !== 'none' && shape !== 'bare';
}

/** Lines `4.3.1=quay.io/…`, `name: quay.io/…`, `- quay.io/…` or `quay.io/…`; blank ones and comments between. */
function linePieces(text: string, isImage: boolean): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const found = /^\s*(?:-\s+)?(?:[\w./-]{1,200}(?:=|:\s+))?(\S{1,600})\s*$/.exec(line);
    const isBlank = /^\s*(?:#.*)?$/.test(line);
    const value = found?.[1] ?? '';
    if (!isBlank) {
      const reference = readReference(value);
      const shape = reference && referenceShape(reference);
      const fits = isReferenceByShape(value) || (isImage && (shape === 'full' || shape === 'tagged'));
      if (!fits) return [];
      const from = at + line.lastIndexOf(value);
      pieces.push({ from, to: from + value.length });
    }
    at += line.length + 1;
  }
  return pieces;
}

/** A longer script is data. */
const scriptLengthMax = 200_000;

/** In a script, what a flag, variable or quoted field named for an image is set to: `NODE_IMAGE=x/y:1`, `image: "x/y:1"`. */
function scriptPieces(text: string): Piece[] {
  if (text.length > scriptLengthMax || !/image/i.test(text)) return [];
  const pieces: Piece[] = [];
  const setting =
    /(?:(--?[\w-]{0,60}image)[= ]|\b([A-Za-z]\w{0,60})(?:=|["']?\s{0,3}[:=]\s{0,3}(?=["'])))["']?([\w.:/@-]{3,600})/gi;
  for (const found of text.matchAll(setting)) {
    const value = found[3] ?? '';
    const shape = valueShape(value);
    const isWhole = shape === 'tagged' || shape === 'full' || shape === 'pinned';
    if (!isWhole || keyMeaning(found[1] ?? found[2] ?? '') !== 'image') continue;
    const to = found.index + found[0].length;
    // What goes on with a variable is none: `--image=app:$TAG`.
    if (/[$`{(]/.test(text[to] ?? '')) continue;
    pieces.push({ from: to - value.length, to });
  }
  return pieces;
}

/** Whether a string may hold YAML or JSON worth parsing: it has structure, and something in it speaks of images. */
export function mayHoldDocument(text: string): boolean {
  return (text.includes('\n') || /^\s*[[{]/.test(text)) && /[:{[]/.test(text) && mayHoldImages(text);
}

/** A cheap look before anything is parsed: without these, no rule of ours can find a field. */
export function mayHoldImages(text: string): boolean {
  return (
    /image|repository|docker|container|steps:|[@]sha(?:256|512):/i.test(text) ||
    /[\w-]\.[\w-]{1,63}(?::\d{1,5})?\/[\w./-]{1,255}[:@]\w/.test(text)
  );
}
