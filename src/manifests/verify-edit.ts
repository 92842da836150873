import { normalizedReference, tryParseReference } from '../reference/reference.ts';
import type { ImageField } from './image-field.ts';

/**
 * Whether a file reads as intended after an edit: the same fields in the same places, each with the
 * reference it is to have, and no others. `intended` answers a field's new reference, or undefined where it
 * stays.
 */
export function readsAsIntended(
  before: readonly ImageField[],
  after: readonly ImageField[],
  intended: (field: ImageField) => string | undefined,
): boolean {
  if (before.length !== after.length) return false;
  return before.every((field, index) => {
    const now = after[index];
    return now !== undefined && isSamePlace(field, now) && meansSame(intended(field) ?? field.reference, now);
  });
}

/** Lines may have moved: a kustomize digest is a line of its own. */
function isSamePlace(a: ImageField, b: ImageField): boolean {
  return a.document === b.document && a.pointer === b.pointer && a.form === b.form;
}

function meansSame(wanted: string, { reference }: ImageField): boolean {
  if (wanted === reference) return true;
  const [a, b] = [tryParseReference(wanted), tryParseReference(reference)];
  return a !== undefined && b !== undefined && normalizedReference(a) === normalizedReference(b);
}
