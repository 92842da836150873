import type { ScalarStyle } from './image-field.ts';

/**
 * For each character of a scalar's value, its offset in the source. Characters that are no white space come
 * in the same order in both, whatever folding, indentation, line ends and escapes lie between; so they are
 * paired off one by one. White space gets the place behind the character before it.
 *
 * @param source the scalar as written, without quotes, with a block scalar's header
 * @param base added to every offset
 */
export function alignScalar(value: string, source: string, style: ScalarStyle, base: number): Int32Array {
  const offsets = new Int32Array(value.length);
  let at = style === 'literal' || style === 'folded' ? headerLength(source) : 0;
  let behind = base + at;
  for (let index = 0; index < value.length; index += 1) {
    if (isSpace(value.charCodeAt(index))) {
      offsets[index] = behind;
      continue;
    }
    at = skipSpace(source, at, style);
    offsets[index] = base + at;
    at += characterLength(source, at, style, value.charCodeAt(index));
    behind = base + at;
  }
  return offsets;
}

/** `|2-  # comment` and its line end. */
function headerLength(source: string): number {
  const end = source.indexOf('\n');
  return end === -1 ? source.length : end + 1;
}

function skipSpace(source: string, from: number, style: ScalarStyle): number {
  let at = from;
  while (at < source.length) {
    if (isSpace(source.charCodeAt(at))) at += 1;
    else if (style === 'double' && isSpaceEscape(source, at)) at += escapeLength(source, at);
    else break;
  }
  return at;
}

/** How many characters of the source spell the value's next one. */
function characterLength(source: string, at: number, style: ScalarStyle, code: number): number {
  if (style === 'single' && code === quote) return 2;
  if (style === 'double' && source.charCodeAt(at) === backslash) return escapeLength(source, at);
  return 1;
}

/** Source: YAML 1.2.2 §5.7. */
function escapeLength(source: string, at: number): number {
  const letter = source[at + 1] ?? '';
  if (letter === '\r') return source[at + 2] === '\n' ? 3 : 2;
  return hexEscapeLengths[letter] ?? 2;
}

const hexEscapeLengths: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** An escape that is read as white space, or as nothing: `\n`, `\t`, `\ `, an escaped line end. */
function isSpaceEscape(source: string, at: number): boolean {
  if (source.charCodeAt(at) !== backslash) return false;
  if (/[nrtvf NL_P\r\n\t]/.test(source[at + 1] ?? '')) return true;
  const hex = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(source.slice(at, at + 10));
  const digits = hex?.[1] ?? hex?.[2] ?? hex?.[3];
  return digits !== undefined && isSpace(Number.parseInt(digits, 16));
}

const quote = 0x27;
const backslash = 0x5c;

/** White space as `String.prototype.trim` has it, for the characters that occur in manifests. */
function isSpace(code: number): boolean {
  return (
    code === 0x20 ||
    (code >= 0x09 && code <= 0x0d) ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0xfeff
  );
}
