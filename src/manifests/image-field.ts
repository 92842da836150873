/**
 * Room `manifests`: finding image fields in the text of manifest files, and editing them by splicing. Pure:
 * text in, fields and edits out; may import `reference`, `findings` and rung 0.
 *
 * Invariants: an edit changes only the bytes it reports; user files never throw, they give problems.
 */

/** How the reference is written down. */
export type ImageForm =
  /** One scalar holds the whole reference. */
  | 'string'
  /** A map holds it in parts: registry, repository or name, tag or version, digest or sha. */
  | 'split'
  /** An entry of a kustomization's `images:`. */
  | 'kustomize'
  /** Inside a longer scalar: an argument `--x-image=…`, an environment map, YAML or JSON in a ConfigMap. */
  | 'embedded'
  /** A line of an image list, or of a Go template read as text because it is no YAML. */
  | 'text';

/**
 * `certain`: the schema says so. `likely`: key and value both say so, or one of them beyond doubt (`image: nginx`,
 * a known registry with a tag, a digest). `possible`: one of them does, and could mean something else.
 */
export type Confidence = 'certain' | 'likely' | 'possible';

/** What a part of a field holds. `reference` is the whole; `nameTag` is `repository:tag` beside a digest key. */
export type ImagePartRole =
  | 'reference'
  | 'registry'
  | 'repository'
  | 'tag'
  | 'digest'
  /** kustomize `name`: what is matched, not what is deployed. */
  | 'match'
  /** kustomize `newName`. */
  | 'newName'
  | 'tagSuffix';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded' | 'text';

/**
 * A source range that holds a part: [start, end) in UTF-16 code units of the file's decoded text, BOM and CR
 * counted.
 *
 * The range is the value *without* its quotes, block header or indentation: `text.slice(start, end)` is the
 * value as written, and equals `value` unless the scalar spells it with escapes or line folds. An empty value
 * has `start === end`: between the quotes of `""`, or right behind `tag:` with or without its space.
 */
export type ImagePart = {
  readonly role: ImagePartRole;
  /** The value as text, numbers as spelled: `1.20` for `1.20` and for `"1.20"`. Empty where the key stands empty. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** How the innermost scalar is written; `text` where the file is read as lines. */
  readonly style: ScalarStyle;
  /** Styles of the scalars around it where YAML or JSON stands inside a string, outermost first. Absent: none. */
  readonly within?: readonly ScalarStyle[];
  /** JSON pointer of this part's own scalar; inside a string, the pointer of the outermost string. */
  readonly pointer: string;
  /** The value stands at an anchor used by this many aliases: editing it once edits all of them. */
  readonly aliases?: number;
  /** It stands in a map around the field, and is part of other references too. */
  readonly shared?: true;
};

export type ManifestObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
};

/** A place in a file that holds a reference, whole or split. */
export type ImageField = {
  /** The reference as it reads, parts joined in the user's spelling: `nginx:1.25`, `quay.io/org/app:v1@sha256:…`. */
  readonly reference: string;
  readonly form: ImageForm;
  readonly confidence: Confidence;
  /** 0-based position of the YAML document in the file; 0 for text. */
  readonly document: number;
  /**
   * RFC 6901 pointer to the scalar, or to the map that holds the parts, in its document; to the outermost
   * string where YAML or JSON stands inside one; `''` for lines of text.
   */
  readonly pointer: string;
  /** 1-based: where the first part that is name or whole stands; a tag may come by an alias from far away. */
  readonly line: number;
  /** 1-based, in UTF-16 code units; a BOM is not counted. */
  readonly column: number;
  readonly object: ManifestObject | undefined;
  /** In source order; at least one. */
  readonly parts: readonly ImagePart[];
  /** Which rule found it, for `--explain` and for measuring: e.g. `pod-spec`, `image-key`, `split-map`. */
  readonly foundBy: string;
};
