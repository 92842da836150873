import { keyWords } from './key-meaning.ts';
import type { Leaf } from './leaf.ts';

/** A key and the scalar under it: of a map, or of a list of names and values read as one. */
export type KeyedLeaf = { readonly key: string; readonly leaf: Leaf };

type Role = 'registry' | 'repository' | 'image' | 'name' | 'tag' | 'version' | 'digest';

const roleWords: Readonly<Record<string, Role>> = {
  registry: 'registry',
  hub: 'registry',
  repository: 'repository',
  repo: 'repository',
  image: 'image',
  name: 'name',
  tag: 'tag',
  version: 'version',
  digest: 'digest',
  sha: 'digest',
  sha256: 'digest',
};

/** Keys that belong together: those with the same words before their role, `image` left out. */
export type Group = {
  readonly prefix: string;
  readonly leaves: Map<Role, Leaf>;
  /** A key of the group says `image` itself: `imageTag`, `cephImage.repository`. */
  saysImage: boolean;
  /** Its version says whose it is: `imageVersion`, `thanosVersion`. */
  saysVersion: boolean;
};

/** The groups of a map's keys by their prefix, with what one leaves to another. */
export function groupKeys(entries: readonly KeyedLeaf[], mayShareTag: boolean): Map<string, Group> {
  const groups = groupByPrefix(entries);
  borrowDefaultRegistry(groups);
  if (mayShareTag) adoptLooseTag(groups);
  return groups;
}

function groupByPrefix(entries: readonly KeyedLeaf[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  for (const { key, leaf } of entries) {
    if (!/(?:registry|hub|repo|repository|image|name|tag|version|digest|sha|sha256)$/i.test(key)) continue;
    const words = keyWords(key);
    const role = roleWords[words.pop() ?? ''];
    if (role === undefined) continue;
    const saysImage = words.at(-1) === 'image';
    if (saysImage) words.pop();
    // The path of a value: `image.manager.repository`.
    const isBelowImage = /^images?\./i.test(key) && role !== 'name' && role !== 'version';
    // The name of something else says nothing about an image.
    if (role === 'name' && words.length > 0 && !saysImage) continue;
    const prefix = words.join('-');
    const group = groups.get(prefix) ?? { prefix, leaves: new Map(), saysImage: false, saysVersion: false };
    groups.set(prefix, group);
    if (group.leaves.has(role) && !saysImage) continue;
    group.leaves.set(role, leaf);
    group.saysImage ||= saysImage || isBelowImage;
    group.saysVersion ||= role === 'version' && (saysImage || words.length > 0);
  }
  return groups;
}

/** Kyverno's charts write `registry: ~` and beside it what stands in for it: `defaultRegistry: reg.kyverno.io`. */
function borrowDefaultRegistry(groups: ReadonlyMap<string, Group>): void {
  const own = groups.get('');
  const standIn = filled(groups.get('default')?.leaves.get('registry'));
  if (own === undefined || standIn === undefined || filled(own.leaves.get('registry')) !== undefined) return;
  own.leaves.set('registry', standIn);
}

/**
 * Prometheus' `{baseImage, tag, sha}` and `{baseImage, version}`: a tag without an image of its own belongs to
 * the only image beside it.
 */
function adoptLooseTag(groups: ReadonlyMap<string, Group>): void {
  const loose = groups.get('');
  if (loose === undefined || loose.leaves.has('image') || loose.leaves.has('repository')) return;
  // `imageName` is an image itself, `name` a label.
  if (keyWords(loose.leaves.get('name')?.place.key ?? '').length > 1) return;
  const named = [...groups.values()].filter((group) => group.prefix !== '' && group.leaves.has('image'));
  const [only] = named;
  if (only === undefined || named.length > 1 || only.leaves.has('tag') || only.leaves.has('digest')) return;
  for (const role of ['tag', 'version', 'digest'] as const) {
    const leaf = loose.leaves.get(role);
    if (leaf === undefined || only.leaves.has(role)) continue;
    only.leaves.set(role, leaf);
    if (role !== 'version') loose.leaves.delete(role);
  }
}

export function filled(leaf: Leaf | undefined): Leaf | undefined {
  return leaf === undefined || leaf.value === '' ? undefined : leaf;
}
