/** Spelling: what a hand slips on. */

/** The known name that a given one is nearly spelled as; undefined where there is none. */
export function nearestName<Name extends string>(known: readonly Name[], given: string): Name | undefined {
  return known.find((name) => isNear(name, given));
}

/** One letter more, less or other, or two swapped; or the plural. */
function isNear(known: string, given: string): boolean {
  const [short, long] = known.length < given.length ? [known, given] : [given, known];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start += 1;
  const swapped =
    short.slice(0, start) + (short[start + 1] ?? '') + (short[start] ?? '') + short.slice(start + 2);
  return [
    short.slice(start) === long.slice(start + 1),
    short.slice(start + 1) === long.slice(start + 1),
    swapped === long,
  ].some(Boolean);
}
