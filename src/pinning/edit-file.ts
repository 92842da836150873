import type { DeclaredFile } from '../declared/declared.ts';
import { type EditOutcome, type Refusal, refused } from '../manifests/edit-outcome.ts';
import { findImageFields } from '../manifests/find-image-fields.ts';
import type { ImageField } from '../manifests/image-field.ts';
import { applySplices, type Splice } from '../manifests/splice.ts';
import { readsAsIntended } from '../manifests/verify-edit.ts';

/** A field that is to say something else. */
export type WantedEdit = {
  readonly field: ImageField;
  /** The reference it is to have afterwards. */
  readonly to: string;
  readonly outcome: EditOutcome;
};

export type EditedFile<Wanted extends WantedEdit> = {
  readonly text: string;
  readonly done: readonly Wanted[];
  readonly refused: readonly { readonly wanted: Wanted; readonly refusal: Refusal }[];
};

/**
 * The file with every edit done that can be done: each is proven by looking for the fields again and finding
 * exactly what was intended. What fails that proof is refused, and its field is as it was.
 */
export function editFile<Wanted extends WantedEdit>(
  file: DeclaredFile,
  wanted: readonly Wanted[],
): EditedFile<Wanted> {
  const refusals: { wanted: Wanted; refusal: Refusal }[] = [];
  const possible = wanted.filter((one) => {
    if (one.outcome.kind === 'refused') refusals.push({ wanted: one, refusal: one.outcome });
    return one.outcome.kind === 'edited';
  });
  const whole = tryEdits(file, possible);
  if (whole.kind === 'proven') return { text: whole.text, done: possible, refused: refusals };
  // Some edit spoils the others: only those that hold beside all that were taken before are done.
  let taken: { text: string; done: readonly Wanted[] } = { text: file.text, done: [] };
  for (const one of possible.length > oneByOneMax ? [] : possible) {
    const next = tryEdits(file, [...taken.done, one]);
    if (next.kind === 'proven') taken = { text: next.text, done: [...taken.done, one] };
    else refusals.push({ wanted: one, refusal: next });
  }
  if (possible.length > oneByOneMax) {
    refusals.push(...possible.map((one) => ({ wanted: one, refusal: whole })));
  }
  return { ...taken, refused: refusals };
}

/** Edits tried one by one where not all of a file hold together: each attempt reads the whole file again. */
const oneByOneMax = 50;

type Attempt = { readonly kind: 'proven'; readonly text: string } | Refusal;

function tryEdits(file: DeclaredFile, wanted: readonly WantedEdit[]): Attempt {
  if (wanted.length === 0) return { kind: 'proven', text: file.text };
  const spliced = applySplices(file.text, wanted.flatMap(splicesOf));
  if (spliced.kind === 'overlap') {
    return refused(
      'overlap',
      'another field uses the same text and is to be different',
      'write the two values out instead of sharing one anchor',
    );
  }
  const intended = new Map(wanted.map((one) => [one.field, one.to]));
  const found = findImageFields(spliced.text, {
    fileName: file.file,
    ...(file.rules === undefined ? {} : { rules: file.rules }),
  });
  const isRight =
    found.problems.length <= file.problems.length &&
    readsAsIntended(file.fields, found.fields, (field) => intended.get(field));
  if (isRight) return { kind: 'proven', text: spliced.text };
  return refused('unverified', 'the file would not read as intended after the edit, so it was left alone');
}

function splicesOf({ outcome }: WantedEdit): readonly Splice[] {
  return outcome.kind === 'edited' ? outcome.edits : [];
}
