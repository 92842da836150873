import { joinReference, tryParseReference } from '../reference/reference.ts';
import type { ImagePart } from './image-field.ts';
import { keyWords } from './key-meaning.ts';
import { type Leaf, partOf } from './leaf.ts';
import { hostOf, readReference } from './value-shape.ts';

/** A key and the scalar under it: of a map, or of a list of names and values read as one. */
export type KeyedLeaf = { readonly key: string; readonly leaf: Leaf };

export type SplitReference = {
  readonly reference: string;
  readonly parts: readonly ImagePart[];
  /** The scalars it is made of. */
  readonly leaves: readonly Leaf[];
  /** The keys speak of an image, here or above, or the repository names a registry. */
  readonly isSure: boolean;
};

/** What the map's surroundings say. */
export type SplitSurroundings = {
  /** The map stands under a key such as `image` or `sidecarImage`, or under one of `images`. */
  readonly isImage: boolean;
  /** The map stands under `images` itself: its repository is what many images have in common. */
  readonly isShared: boolean;
  /** The map is an item of a list, whose `name` is then a label. */
  readonly isListItem: boolean;
};

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

/** Words before `repository` and `tag` that mean source code or a chart. */
const foreignWords = new Set([
  'git',
  'chart',
  'charts',
  'helm',
  'source',
  'github',
  'gitlab',
  'maven',
  'npm',
]);
/** Keys beside `repository` and `tag` that mean the same. */
const foreignKeys = new Set(['chart', 'url', 'git', 'owner', 'branch', 'path', 'commit', 'alias']);

/** Keys that belong together: those with the same words before their role, `image` left out. */
type Group = {
  readonly prefix: string;
  readonly leaves: Map<Role, Leaf>;
  /** A key of the group says `image` itself: `imageTag`, `cephImage.repository`. */
  saysImage: boolean;
};

/**
 * References written in parts among the keys of one map, in every form of the field: `{repository, tag}`,
 * `{registry, repository, tag, digest}`, `{registry, image, tag}`, `{registry, repository, name, tag}`,
 * `{repository, name, version}`, flat `imageRepository`/`imageTag`, dotted `cephImage.repository`.
 */
export function findSplitReferences(
  entries: readonly KeyedLeaf[],
  surroundings: SplitSurroundings,
): SplitReference[] {
  const found: SplitReference[] = [];
  const isForeign = entries.some((entry) => foreignKeys.has(entry.key));
  const isPulled = entries.some((entry) => /^(?:image)?pullPolicy$/i.test(entry.key));
  const groups = groupByPrefix(entries);
  borrowDefaultRegistry(groups);
  for (const group of groups.values()) {
    if (surroundings.isShared && group.prefix === '' && !group.saysImage) continue;
    const isNamedImage = group.saysImage || (group.prefix === '' && (surroundings.isImage || isPulled));
    if (!isNamedImage && (isForeign || foreignWords.has(group.prefix))) continue;
    const chosen = chooseRoles(group, isNamedImage, surroundings.isListItem);
    const split = chosen && join(chosen, isNamedImage || group.leaves.has('image'));
    if (split !== undefined) found.push(split);
  }
  return found;
}

/** Kyverno's charts write `registry: ~` and beside it what stands in for it: `defaultRegistry: reg.kyverno.io`. */
function borrowDefaultRegistry(groups: ReadonlyMap<string, Group>): void {
  const own = groups.get('');
  const standIn = filled(groups.get('default')?.leaves.get('registry'));
  if (own === undefined || standIn === undefined || filled(own.leaves.get('registry')) !== undefined) return;
  own.leaves.set('registry', standIn);
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
    // `name` and `version` of something else say nothing about an image.
    if ((role === 'name' || role === 'version') && words.length > 0 && !saysImage) continue;
    const prefix = words.join('-');
    const group = groups.get(prefix) ?? { prefix, leaves: new Map(), saysImage: false };
    groups.set(prefix, group);
    if (group.leaves.has(role) && !saysImage) continue;
    group.leaves.set(role, leaf);
    group.saysImage ||= saysImage || isBelowImage;
  }
  return groups;
}

type Chosen = {
  readonly names: readonly Leaf[];
  readonly tag: Leaf | undefined;
  readonly digest: Leaf | undefined;
};

/** Which of the group's keys make up the name, tag and digest; undefined where they make none. */
function chooseRoles(group: Group, isNamedImage: boolean, isListItem: boolean): Chosen | undefined {
  if (filled(group.leaves.get('repository')) !== undefined) {
    return chooseByRepository(group, isNamedImage, isListItem);
  }
  if (filled(group.leaves.get('image')) !== undefined) return chooseByImage(group);
  return isNamedImage ? chooseByName(group) : undefined;
}

function chooseByRepository(
  { prefix, leaves }: Group,
  isNamedImage: boolean,
  isListItem: boolean,
): Chosen | undefined {
  const [registry, repository] = [filled(leaves.get('registry')), filled(leaves.get('repository'))];
  const [image, name] = [filled(leaves.get('image')), filled(leaves.get('name'))];
  const [tag, version, digest] = [leaves.get('tag'), leaves.get('version'), leaves.get('digest')];
  // `defaultImageRepository: strimzi` is what others are put under, no image.
  if (/^(?:default|global)$/.test(prefix) && repository?.value.includes('/') !== true) return undefined;
  if (isOneSegment(image) && (tag ?? digest ?? version) !== undefined) {
    return { names: present(registry, repository, image), tag: tag ?? version, digest };
  }
  if (!isNamedImage) {
    return (tag ?? digest) === undefined ? undefined : { names: present(registry, repository), tag, digest };
  }
  // In a list the name is a label, and one that the repository ends with says nothing new.
  const isLabel = isListItem || repository?.value.endsWith(`/${name?.value}`) === true;
  const joined = isOneSegment(name) && !isLabel ? name : undefined;
  return { names: present(registry, repository, joined), tag: tag ?? version, digest };
}

/** `{registry, image, tag, digest}`, `{image, tag}`, `{registry, image, version}`. */
function chooseByImage({ leaves }: Group): Chosen | undefined {
  const [registry, image] = [filled(leaves.get('registry')), filled(leaves.get('image'))];
  const [tag, digest] = [leaves.get('tag'), leaves.get('digest')];
  if ((tag ?? digest ?? registry) === undefined || image === undefined || isWhole(image)) return undefined;
  const versioned = tag ?? (registry === undefined ? undefined : leaves.get('version'));
  return { names: present(registry, image), tag: versioned, digest };
}

/** `image: {name, tag}`; a registry or repository that stands empty beside the name says that it is one. */
function chooseByName({ leaves }: Group): Chosen | undefined {
  const name = filled(leaves.get('name'));
  const isPart = (['tag', 'digest', 'version', 'registry', 'repository'] as const).some((role) =>
    leaves.has(role),
  );
  if (name === undefined || !isPart || isWhole(name)) return undefined;
  const tag = leaves.get('tag') ?? (name.value.includes('/') ? leaves.get('version') : undefined);
  return { names: present(filled(leaves.get('registry')), name), tag, digest: leaves.get('digest') };
}

function isOneSegment(leaf: Leaf | undefined): leaf is Leaf {
  return leaf !== undefined && /^[\w.-]+$/.test(leaf.value);
}

/** A value that has its own tag or digest is a reference as it stands. */
function isWhole(leaf: Leaf): boolean {
  const reference = readReference(leaf.value);
  return reference === undefined || reference.tag !== undefined || reference.digest !== undefined;
}

function filled(leaf: Leaf | undefined): Leaf | undefined {
  return leaf === undefined || leaf.value === '' ? undefined : leaf;
}

function present(...leaves: readonly (Leaf | undefined)[]): Leaf[] {
  return leaves.filter((leaf) => leaf !== undefined);
}

function join({ names, tag, digest }: Chosen, isNamedImage: boolean): SplitReference | undefined {
  const name = joinNames(names.map((leaf) => leaf.value));
  const written = readReference(name);
  if (written === undefined) return undefined;
  // A repository that holds its tag leaves the other keys without meaning.
  const isWhole = written.tag !== undefined || written.digest !== undefined;
  if (isWhole && (filled(tag) ?? filled(digest)) !== undefined) return undefined;
  const reference = joinReference(name, tag?.value || undefined, digestText(digest));
  if (tryParseReference(reference) === undefined) return undefined;
  if (!isNamedImage && !isPlainlyImage(written.name, tag, digest)) return undefined;
  // `imageRepository: registry.k8s.io` is a registry, whatever the key says.
  if (/^[\w-]+(?:\.[\w-]+)+$/.test(written.name)) return undefined;
  return {
    reference,
    parts: inSourceOrder([
      ...names.map((leaf, index) =>
        partOf(leaf, isWhole ? 'reference' : index === 0 && names.length > 1 ? 'registry' : 'repository'),
      ),
      ...(tag === undefined ? [] : [partOf(tag, 'tag')]),
      ...(digest === undefined ? [] : [partOf(digest, 'digest')]),
    ]),
    leaves: [...names, ...present(tag, digest)],
    isSure: isNamedImage || hostOf(written.name) !== undefined,
  };
}

/** Without a key that says image: a repository with a path or a host, and a tag or digest that is there. */
function isPlainlyImage(name: string, tag: Leaf | undefined, digest: Leaf | undefined): boolean {
  return tag !== undefined || digest !== undefined || hostOf(name) !== undefined;
}

/** Parts of a name with one slash between them; a registry that the repository repeats is not doubled. */
function joinNames(values: readonly string[]): string {
  const trimmed = values.map((value) => value.replace(/^\/|\/$/g, ''));
  const [first, second] = trimmed;
  const repeats = first !== undefined && second?.startsWith(`${first}/`) === true;
  return (repeats ? trimmed.slice(1) : trimmed).join('/');
}

/** bitnami writes the whole digest, prometheus-community's `sha` only its hex digits. */
function digestText(digest: Leaf | undefined): string | undefined {
  if (digest === undefined || digest.value === '') return undefined;
  return /^[0-9a-f]{64}$/.test(digest.value) ? `sha256:${digest.value}` : digest.value;
}

function inSourceOrder(parts: readonly ImagePart[]): ImagePart[] {
  return parts.toSorted((a, b) => a.start - b.start);
}
