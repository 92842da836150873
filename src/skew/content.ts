import { formatPlatform, type Platform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';

/** What the registry, the ledger and the nodes know of digests. All of it may be empty. */
export type ContentFacts = {
  /** Children of an index, attestations left out. */
  readonly indexes: ReadonlyMap<Digest, readonly IndexChild[]>;
  /** The config of a platform manifest: the identity that survives another compression. */
  readonly configs: ReadonlyMap<Digest, Digest>;
  /** Digests by which one node knows one and the same image. */
  readonly sameImages: readonly (readonly Digest[])[];
};

export type IndexChild = { readonly digest: Digest; readonly platform: Platform | undefined };

/** A digest that runs or is stored somewhere, and on which platforms. */
export type SeenDigest = {
  readonly digest: Digest;
  /** Formatted, e.g. `linux/amd64`. Empty where no node told. */
  readonly platforms: readonly string[];
};

/** Digests that name one and the same content: an index, its platform manifests and their configs. */
export type ContentClass = { readonly digests: readonly Digest[]; readonly platforms: readonly string[] };

/**
 * Groups digests into contents. Two indexes are one content where the platforms that run have the same child;
 * an index and what is in it are one content; so are the children of one index, and manifests with one config.
 * Answers the classes in a stable order that does not depend on the order given.
 */
export function groupContents(seen: readonly SeenDigest[], facts: ContentFacts): readonly ContentClass[] {
  const platforms = new Map<Digest, ReadonlySet<string>>();
  for (const { digest, platforms: more } of seen) {
    platforms.set(digest, new Set([...(platforms.get(digest) ?? []), ...more]));
  }
  const digests = [...platforms.keys()].sort();
  const classes: Digest[][] = [];
  for (const index of digests.filter((digest) => facts.indexes.has(digest))) {
    const home = classes.find(([first]) => first !== undefined && sameIndex(first, index, platforms, facts));
    if (home === undefined) classes.push([index]);
    else home.push(index);
  }
  for (const digest of digests.filter((one) => !facts.indexes.has(one))) {
    // In at most one class: a child that two indexes share must not make the two indexes one.
    const home = classes.find((members) => members.some((member) => sameContent(member, digest, facts)));
    if (home === undefined) classes.push([digest]);
    else home.push(digest);
  }
  return classes.map((members) => ({
    digests: members,
    platforms: [...new Set(members.flatMap((member) => [...(platforms.get(member) ?? [])]))].sort(),
  }));
}

/**
 * Whether two contents are proven or at least likely to be different. Where both run on platforms that the
 * other does not, and nothing is known of either, they may be two children of one index.
 */
export function areComparable(a: ContentClass, b: ContentClass, facts: ContentFacts): boolean {
  if (a.platforms.length === 0 || b.platforms.length === 0) return true;
  if (a.platforms.some((platform) => b.platforms.includes(platform))) return true;
  return [...a.digests, ...b.digests].some((digest) => facts.indexes.has(digest));
}

/**
 * The digest to name a content by: its index, since that is what a tag names and what runs on every platform.
 * Undefined where none is known, or where several hold the content and none of them was reported.
 */
export function indexOf({ digests }: ContentClass, facts: ContentFacts): Digest | undefined {
  const reported = digests.find((digest) => facts.indexes.has(digest));
  if (reported !== undefined) return reported;
  const holders = [...facts.indexes.keys()].filter((index) =>
    digests.some((digest) => contains(index, digest, facts)),
  );
  return holders.length === 1 ? holders[0] : undefined;
}

function sameIndex(
  a: Digest,
  b: Digest,
  platforms: ReadonlyMap<Digest, ReadonlySet<string>>,
  facts: ContentFacts,
): boolean {
  const running = new Set([...(platforms.get(a) ?? []), ...(platforms.get(b) ?? [])]);
  const [leavesOfA, leavesOfB] = [leavesOf(a, running, facts), leavesOf(b, running, facts)];
  return leavesOfA.length > 0 && leavesOfA.join(' ') === leavesOfB.join(' ');
}

/** What an index means on these platforms; on all of its own where no platform is known. */
function leavesOf(index: Digest, running: ReadonlySet<string>, facts: ContentFacts): readonly string[] {
  return (facts.indexes.get(index) ?? [])
    .filter(({ platform }) => running.size === 0 || runsOn(platform, running))
    .map(({ digest }) => facts.configs.get(digest) ?? digest)
    .sort();
}

/** Nodes name no variant, so `linux/arm` stands for all of them. */
function runsOn(platform: Platform | undefined, running: ReadonlySet<string>): boolean {
  if (platform === undefined) return true;
  const { os, architecture } = platform;
  return running.has(formatPlatform({ os, architecture }));
}

function sameContent(a: Digest, b: Digest, facts: ContentFacts): boolean {
  if (leafOf(a, facts) === leafOf(b, facts)) return true;
  if (contains(a, b, facts) || contains(b, a, facts)) return true;
  if (facts.sameImages.some((digests) => digests.includes(a) && digests.includes(b))) return true;
  if (facts.indexes.has(a) || facts.indexes.has(b)) return false;
  return [...facts.indexes.keys()].some((index) => contains(index, a, facts) && contains(index, b, facts));
}

function contains(index: Digest, digest: Digest, facts: ContentFacts): boolean {
  const leaf = leafOf(digest, facts);
  return (facts.indexes.get(index) ?? []).some((child) => leafOf(child.digest, facts) === leaf);
}

function leafOf(digest: Digest, facts: ContentFacts): Digest {
  return facts.configs.get(digest) ?? digest;
}
