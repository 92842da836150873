import { relative } from 'node:path';
import type { DeclaredFile } from '../declared/declared.ts';
import type { Finding } from '../findings/finding.ts';
import { type RuleId, ruleOf } from '../findings/rules.ts';
import type { ImageField } from '../manifests/image-field.ts';
import { meaningOf } from '../pinning/lockable.ts';
import type { Reference } from '../reference/reference.ts';

/** An image field and where it stands. */
export type FieldPlace = {
  /** As shown to people. */
  readonly file: string;
  /** Relative to the working directory, where there is a real file. */
  readonly path: string | undefined;
  readonly field: ImageField;
};

/** An image field that says by itself what is deployed: what most rules judge. */
export type DeclaredImage = FieldPlace & { readonly reference: Reference };

/**
 * The images of a file that say by themselves what is deployed. A split map without a tag gets it from the chart's
 * `appVersion` or the operator, a kustomize entry without `newTag` from the base: of those nothing is known here.
 */
export function imagesOf(file: DeclaredFile, cwd: string): readonly DeclaredImage[] {
  return fieldsOf(file, cwd).flatMap((place) => {
    const meaning = meaningOf(place.field);
    return meaning.kind === 'none' ? [] : [{ ...place, reference: meaning.reference }];
  });
}

/** Every image field of a file, whatever it means. */
export function fieldsOf(file: DeclaredFile, cwd: string): readonly FieldPlace[] {
  const path = file.path === undefined ? undefined : relative(cwd, file.path);
  return file.fields.map((field) => ({ file: file.file, path, field }));
}

/** A finding at an image field, with the rule's own severity. */
export function findingAt(
  place: FieldPlace,
  rule: RuleId,
  message: string,
  hint: string,
  severity: Finding['severity'] = ruleOf(rule).severity,
): Finding {
  const { file, path, field } = place;
  return {
    rule,
    severity,
    message,
    hint,
    file,
    ...(path === undefined ? {} : { path }),
    line: field.line,
    column: field.column,
    reference: field.reference,
  };
}

/** `file:line`, for a message that names another place. */
export function placeOf(place: FieldPlace): string {
  return `${place.file}:${place.field.line}`;
}
