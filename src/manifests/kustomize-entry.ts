import { joinReference, tryParseReference } from '../reference/reference.ts';
import type { ImagePart } from './image-field.ts';
import type { KeyedLeaf } from './key-groups.ts';
import { partOf } from './leaf.ts';

const roles = {
  name: 'match',
  newName: 'newName',
  newTag: 'tag',
  digest: 'digest',
  tagSuffix: 'tagSuffix',
} as const;

function isRoleKey(key: string): key is keyof typeof roles {
  return Object.hasOwn(roles, key);
}

export type KustomizeEntry =
  | { readonly kind: 'entry'; readonly reference: string; readonly parts: readonly ImagePart[] }
  /** An entry whose name or tag is to be filled in by something else: `newName: REGISTRY/app`. */
  | { readonly kind: 'placeholder' };

/**
 * An entry of a kustomization's `images:`: what it sets `name` to. Undefined where the map is none. Source:
 * kustomize's api/types/image.go; `newTag` and `digest` together give `name:tag@digest`.
 *
 * @param isKustomization a name alone is an entry too, one that changes nothing
 */
export function readKustomizeEntry(
  entries: readonly KeyedLeaf[],
  isKustomization: boolean,
): KustomizeEntry | undefined {
  const leaves = new Map(entries.filter((entry) => isRoleKey(entry.key)).map(({ key, leaf }) => [key, leaf]));
  const value = (key: keyof typeof roles): string | undefined => leaves.get(key)?.value || undefined;
  const isEntry = isKustomization || ['newName', 'newTag', 'tagSuffix'].some((key) => leaves.has(key));
  const name = value('newName') ?? value('name');
  if (!isEntry || name === undefined || value('name') === undefined) return undefined;
  const reference = joinReference(name, value('newTag'), value('digest'));
  if (tryParseReference(reference) === undefined) return { kind: 'placeholder' };
  const parts = [...leaves].flatMap(([key, leaf]) => (isRoleKey(key) ? [partOf(leaf, roles[key])] : []));
  return { kind: 'entry', reference, parts: parts.toSorted((a, b) => a.start - b.start) };
}
