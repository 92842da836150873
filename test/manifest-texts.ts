import assert from 'node:assert/strict';
import type { EditOutcome } from '../src/manifests/edit-outcome.ts';
import { findImageFields } from '../src/manifests/find-image-fields.ts';
import type { ImageField } from '../src/manifests/image-field.ts';
import { applySplices } from '../src/manifests/splice.ts';

/** A Pod with one container; `rest` follows its image. */
export const pod = (image: string, rest = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: a\n    image: ${image}\n${rest}`;
/** Helm values with one split map. */
export const values = (body: string): string => `app:\n  image:\n${body}`;
/** A kustomization with these entries. */
export const kustomization = (body: string): string =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages:\n${body}`;

/** Does one edit to every field of a text; a refusal is a failure. */
export function editAll(
  text: string,
  fileName: string,
  edit: (text: string, field: ImageField) => EditOutcome,
): string {
  const { fields } = findImageFields(text, { fileName });
  assert.ok(fields.length > 0, `no field found in ${JSON.stringify(text)}`);
  const splices = fields.flatMap((field) => {
    const outcome = edit(text, field);
    if (outcome.kind === 'refused') assert.fail(`${outcome.reason}: ${outcome.message}`);
    return outcome.kind === 'edited' ? outcome.edits : [];
  });
  const applied = applySplices(text, splices);
  if (applied.kind === 'overlap') assert.fail('splices overlap');
  return applied.text;
}
