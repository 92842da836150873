import { isMap } from 'yaml';
import type { Leaf, Sheet } from './leaf.ts';
import { listEntries, type MapEntry } from './map-entries.ts';

/** Parts of a reference that stand once for many. */
export type EnclosingParts = { readonly registry: Leaf; readonly tag: Leaf | undefined };

/** `hub` and `tag` of a map, or of its `global`, for the images of all maps below: so Istio's values have it. */
export function enclosingParts(sheet: Sheet, entries: readonly MapEntry[]): EnclosingParts | undefined {
  const shared = entries.find((entry) => entry.key === 'global');
  const inner = isMap(shared?.node) ? listEntries(sheet, shared.node, shared.place) : [];
  for (const list of [entries, inner]) {
    const registry = list.find((entry) => entry.key === 'hub')?.leaf;
    const tag = list.find((entry) => entry.key === 'tag')?.leaf;
    if (registry !== undefined && registry.value !== '') {
      return { registry, tag: tag?.value === '' ? undefined : tag };
    }
  }
  return undefined;
}

/** Whether a tag or version stands in a map, which completes a name beside it or does not: the keys do not say. */
export function hasLooseTag(entries: readonly MapEntry[]): boolean {
  return entries.some(
    ({ key, leaf }) => /^(?:image)?(?:tag|version)$/i.test(key) && leaf !== undefined && leaf.value !== '',
  );
}
