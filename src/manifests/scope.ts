import type { EnclosingParts } from './enclosing-parts.ts';
import type { ManifestObject } from './image-field.ts';
import type { Sheet } from './leaf.ts';
import type { Reading } from './reading.ts';

/** What is known from above when a node is read. */
export type Scope = {
  readonly reading: Reading;
  readonly sheet: Sheet;
  /** The Kubernetes object around it. */
  readonly object: ManifestObject | undefined;
  /** The key it stands under; for list items, the list's. */
  readonly key: string;
  /** Offset of that key in the sheet. */
  readonly keyAt: number | undefined;
  /** `image`: stands under a key that says image. `images`: somewhere below one. */
  readonly about: 'image' | 'images' | 'other';
  readonly isListItem: boolean;
  /** Registry and tag that a map around it has for all images below. */
  readonly enclosing: EnclosingParts | undefined;
  /** A tag or version stands beside it, which may be its own. */
  readonly isVersioned: boolean;
  /** What it names is built there: Compose's `build:` beside `image:`. */
  readonly isBuilt: boolean;
  /** What a schema we know says this map is. */
  readonly schema: 'container' | 'volume' | 'image-volume' | 'services' | undefined;
  readonly dialect: Dialect;
  readonly depth: number;
};

/** Kinds of file whose keys have a meaning of their own. */
export type Dialect = 'kustomization' | 'workflow' | 'skaffold' | 'plain';

/** Which keys have a meaning of their own in a file, by its name, its object or the keys at its top. */
export function dialectOf(
  fileName: string,
  object: ManifestObject | undefined,
  keys: ReadonlySet<string>,
): Dialect {
  if (/(?:^|\/)kustomization(?:\.ya?ml)?$/i.test(fileName)) return 'kustomization';
  if (object !== undefined) {
    if (object.kind === 'Kustomization' || object.kind === 'Component') return 'kustomization';
    return object.apiVersion.startsWith('skaffold/') ? 'skaffold' : 'plain';
  }
  const isWorkflow =
    /(?:^|\/)\.(?:github|gitea|forgejo)\//.test(fileName) || (keys.has('jobs') && keys.has('on'));
  return isWorkflow ? 'workflow' : 'plain';
}
