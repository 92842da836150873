import type { Finding } from '../findings/finding.ts';
import { type RuleId, ruleOf } from '../findings/rules.ts';
import type { ImageField } from '../manifests/image-field.ts';
import type { Reference } from '../reference/reference.ts';

/** An image field with the file it stands in and what its text means: what the rules judge. */
export type DeclaredImage = {
  readonly file: string;
  /** Relative to the working directory, where there is a real file. */
  readonly path: string | undefined;
  readonly field: ImageField;
  readonly reference: Reference;
};

/** A finding at an image, with the rule's own severity. */
export function findingAt(
  image: DeclaredImage,
  rule: RuleId,
  message: string,
  hint: string,
  severity: Finding['severity'] = ruleOf(rule).severity,
): Finding {
  const { file, path, field } = image;
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

/**
 * Whether the tag that is deployed stands here. A split map without a tag gets it from the chart's
 * `appVersion` or the operator, a kustomize entry without `newTag` from the base: nothing is known then.
 */
export function hasOwnTag(image: DeclaredImage): boolean {
  if (image.reference.tag !== undefined) return true;
  return image.field.form !== 'split' && image.field.form !== 'kustomize';
}

/** `file:line`, for a message that names another place. */
export function placeOf(image: DeclaredImage): string {
  return `${image.file}:${image.field.line}`;
}
