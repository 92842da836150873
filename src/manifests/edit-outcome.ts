import type { Splice } from './splice.ts';

/** Why a field was left as it is. */
export type RefusalReason =
  /** No tag stands here: the chart, the operator or the kustomized manifest supplies it. */
  | 'tag-missing'
  /** A template or a variable, not a reference. */
  | 'not-a-reference'
  /** Written with escapes or folded over lines, so that no range of the file is the value. */
  | 'not-literal'
  /** A plain scalar that YAML reads as another value than its text: `1.20`. */
  | 'number'
  /** The tag stands under a key such as `version`, which others read as a version. */
  | 'version-key'
  /** The tag is an anchor that other places use. */
  | 'anchored'
  /** The tag stands once for many images, in a map around them. */
  | 'enclosing'
  /** kustomize `tagSuffix`, or an entry that is laid out in a way that no line can be added to or taken from. */
  | 'kustomize-shape'
  /** A `sha` key takes sha256 only. */
  | 'algorithm'
  /** Another field wants the same place of the file to be different. */
  | 'overlap'
  /** After the edit the file would not read as intended. */
  | 'unverified';

export type Refusal = {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  /** A sentence without full stop. */
  readonly message: string;
  readonly hint?: string;
};

export type EditOutcome =
  /** Splices of the file's text, at least one. */
  | { readonly kind: 'edited'; readonly edits: readonly Splice[] }
  /** It reads as wanted already. */
  | { readonly kind: 'unchanged' }
  | Refusal;

export function refused(reason: RefusalReason, message: string, hint?: string): Refusal {
  return { kind: 'refused', reason, message, ...(hint === undefined ? {} : { hint }) };
}

/** `edited`, or `unchanged` where every splice would put what is there. */
export function edited(text: string, edits: readonly Splice[]): EditOutcome {
  const real = edits.filter((edit) => text.slice(edit.start, edit.end) !== edit.text);
  return real.length === 0 ? { kind: 'unchanged' } : { kind: 'edited', edits: real };
}
