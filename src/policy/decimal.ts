/** A decimal number of any length, exact. Flux compares as float64, where long timestamps collide. */
export type Decimal = {
  readonly isNegative: boolean;
  /** Without leading zeros; empty for zero. */
  readonly whole: string;
  /** Without trailing zeros. */
  readonly fraction: string;
};

/**
 * The number in a text: digits with an optional sign and fraction. Exponents, `inf`, `1_000` and `0x10` are no
 * numbers here: as tags they are commit prefixes and words.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const first = text.charCodeAt(0);
  const begin = first === codes.plus || first === codes.minus ? 1 : 0;
  let point = text.length;
  // Code by code: three times as fast as a pattern, for a million tags.
  for (let at = begin; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === codes.point && point === text.length) point = at;
    else if (!(code >= codes.zero && code <= codes.nine)) return undefined;
  }
  if (point === begin && text.length <= point + 1) return undefined;
  let [from, to] = [begin, text.length];
  while (from < point && text.charCodeAt(from) === codes.zero) from += 1;
  while (to > point + 1 && text.charCodeAt(to - 1) === codes.zero) to -= 1;
  const [whole, fraction] = [text.slice(from, point), text.slice(point + 1, to)];
  return { isNegative: first === codes.minus && (whole !== '' || fraction !== ''), whole, fraction };
}

const codes = { plus: 0x2b, minus: 0x2d, point: 0x2e, zero: 0x30, nine: 0x39 } as const;

/** Below 0, 0 or above 0. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.isNegative !== b.isNegative) return a.isNegative ? -1 : 1;
  return a.isNegative ? compareMagnitudes(b, a) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  if (a.whole !== b.whole) return a.whole < b.whole ? -1 : 1;
  if (a.fraction === b.fraction) return 0;
  return a.fraction < b.fraction ? -1 : 1;
}
