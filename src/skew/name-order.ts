const collator = new Intl.Collator('en', { numeric: true });

/** `web-2` before `web-10`, as people count; names that only look equal keep one order too. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b) || Number(a > b) - Number(a < b);
}
