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
  // A sign, a point or a digit: every number begins so, and most tags do not.
  const first = text.charCodeAt(0);
  if (!(first >= 0x2b && first <= 0x39)) return undefined;
  const match = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', digits = '', decimals = ''] = match;
  if (digits === '' && decimals === '') return undefined;
  const whole = digits.replace(/^0+/, '');
  const fraction = decimals.replace(/0+$/, '');
  return { isNegative: sign === '-' && (whole !== '' || fraction !== ''), whole, fraction };
}

/** Below 0, 0 or above 0. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.isNegative !== b.isNegative) return a.isNegative ? -1 : 1;
  const order = compareMagnitudes(a, b);
  return a.isNegative ? -order : order;
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  if (a.whole.length !== b.whole.length) return a.whole.length - b.whole.length;
  if (a.whole !== b.whole) return a.whole < b.whole ? -1 : 1;
  if (a.fraction === b.fraction) return 0;
  return a.fraction < b.fraction ? -1 : 1;
}
