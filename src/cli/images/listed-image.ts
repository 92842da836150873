import type { DeclaredFile } from '../../declared/declared.ts';
import type { Confidence, ImageField, ImageForm } from '../../manifests/image-field.ts';
import { normalizedReference, tryParseReference } from '../../reference/reference.ts';

/** One image field as `holdfast images` prints it. The keys are promises; absence is `null` in JSON and YAML. */
export type ListedImage = {
  readonly reference: string;
  /** `docker.io/library/nginx:1.25`; null where the text is not a whole reference. */
  readonly normalized: string | null;
  readonly file: string;
  readonly document: number;
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly form: ImageForm;
  readonly confidence: Confidence;
  readonly object: ListedObject | null;
  /** The rule that found it. */
  readonly foundBy: string;
  /** With `--unique`: in how many places the reference stands. */
  readonly places?: number;
};

export type ListedObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string | null;
};

export function listedImages(file: DeclaredFile, isWanted: (field: ImageField) => boolean): ListedImage[] {
  return file.fields.filter(isWanted).map((field) => listedImage(file.file, field));
}

function listedImage(file: string, field: ImageField): ListedImage {
  const reference = tryParseReference(field.reference);
  const { object } = field;
  return {
    reference: field.reference,
    normalized: reference === undefined ? null : normalizedReference(reference),
    file,
    document: field.document,
    pointer: field.pointer,
    line: field.line,
    column: field.column,
    form: field.form,
    confidence: field.confidence,
    object:
      object === undefined
        ? null
        : {
            apiVersion: object.apiVersion,
            kind: object.kind,
            namespace: object.namespace ?? null,
            name: object.name ?? null,
          },
    foundBy: field.foundBy,
  };
}

const confidenceRank: Readonly<Record<Confidence, number>> = { possible: 0, likely: 1, certain: 2 };

export function isAtLeast(minimum: Confidence): (field: ImageField) => boolean {
  return (field) => confidenceRank[field.confidence] >= confidenceRank[minimum];
}
