import { joinReference, tryParseReference } from '../reference/reference.ts';
import type { EnclosingParts } from './enclosing-parts.ts';
import type { ImagePart, ImagePartRole } from './image-field.ts';
import { filled, type Group, groupKeys, type KeyedLeaf } from './key-groups.ts';
import { type Leaf, partOf } from './leaf.ts';
import { hostOf, readReference } from './value-shape.ts';

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
  /** The map is a container, whose `image` is whole by its schema. */
  readonly isContainer: boolean;
  /** What a map around it says for all images below: Istio's `{hub, tag, proxy: {image: proxyv2}}`. */
  readonly enclosing: EnclosingParts | undefined;
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
  const groups = groupKeys(entries, !isForeign && !surroundings.isContainer);
  for (const group of groups.values()) {
    if (surroundings.isShared && group.prefix === '' && !group.saysImage) continue;
    const isNamedImage = group.saysImage || (group.prefix === '' && (surroundings.isImage || isPulled));
    if (!isNamedImage && (isForeign || foreignWords.has(group.prefix))) continue;
    const chosen = chooseRoles(group, isNamedImage, surroundings);
    const split = chosen && (join(chosen, isNamedImage || group.leaves.has('image')) ?? leaveOpen(chosen));
    if (split !== undefined) found.push(split);
  }
  return found;
}

type Chosen = {
  readonly names: readonly Leaf[];
  readonly tag: Leaf | undefined;
  readonly digest: Leaf | undefined;
  /** The key of an image, which is taken for a whole reference where nothing completes it. */
  readonly image?: Leaf;
  /** Those of its parts that other references have too. */
  readonly shared?: readonly Leaf[];
};

/** Which of the group's keys make up the name, tag and digest; undefined where they make none. */
function chooseRoles(
  group: Group,
  isNamedImage: boolean,
  surroundings: SplitSurroundings,
): Chosen | undefined {
  if (filled(group.leaves.get('repository')) !== undefined) {
    return chooseByRepository(group, isNamedImage, surroundings.isListItem);
  }
  if (filled(group.leaves.get('image')) !== undefined) {
    return surroundings.isContainer ? undefined : chooseByImage(group, surroundings.enclosing);
  }
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

/**
 * `{registry, image, tag, digest}`, `{image, tag}`, `{registry, image, version}`, `{baseImage, version}`. Not
 * `{image, version}`: whether its reader joins them, the keys do not say.
 */
function chooseByImage(
  { prefix, leaves, saysVersion }: Group,
  enclosing: EnclosingParts | undefined,
): Chosen | undefined {
  const [registry, image] = [filled(leaves.get('registry')), filled(leaves.get('image'))];
  const [tag, digest, version] = [leaves.get('tag'), leaves.get('digest'), filled(leaves.get('version'))];
  if (image === undefined || isWhole(image)) return undefined;
  if (registry === undefined && enclosing !== undefined && isOneSegment(image)) {
    const shared =
      filled(tag) === undefined ? present(enclosing.registry, enclosing.tag) : [enclosing.registry];
    return { names: [enclosing.registry, image], tag: filled(tag) ?? enclosing.tag, digest, image, shared };
  }
  const isItsVersion = registry !== undefined || saysVersion || prefix === 'base';
  const own = tag ?? (isItsVersion ? version : undefined);
  if ((own ?? digest ?? registry) === undefined) return undefined;
  return { names: present(registry, image), tag: own, digest, image };
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

function present(...leaves: readonly (Leaf | undefined)[]): Leaf[] {
  return leaves.filter((leaf) => leaf !== undefined);
}

/** An image that a variable or template completes: what stands here is its name, and no reference. */
function leaveOpen({ names, tag, digest, image }: Chosen): SplitReference | undefined {
  if (image === undefined || readReference(image.value) === undefined) return undefined;
  const isCompleted = names.length > 1 || (filled(tag) ?? filled(digest)) !== undefined;
  if (!isCompleted) return undefined;
  return {
    reference: image.value,
    parts: [partOf(image, 'repository')],
    leaves: [image],
    isSure: names.length === 1,
  };
}

function join({ names, tag, digest, shared }: Chosen, isNamedImage: boolean): SplitReference | undefined {
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
  const part = (leaf: Leaf, role: ImagePartRole): ImagePart => ({
    ...partOf(leaf, role),
    ...(shared?.includes(leaf) === true ? { shared: true } : {}),
  });
  return {
    reference,
    parts: inSourceOrder([
      ...names.map((leaf, index) =>
        part(leaf, isWhole ? 'reference' : index === 0 && names.length > 1 ? 'registry' : 'repository'),
      ),
      ...(tag === undefined ? [] : [part(tag, 'tag')]),
      ...(digest === undefined ? [] : [part(digest, 'digest')]),
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
