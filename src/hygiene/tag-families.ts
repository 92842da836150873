/** Longest word that a family is named by: what is longer is no habit of naming. */
const wordLengthMax = 20;

/**
 * The families a tag belongs to, each as the RE2 pattern that an exclusionList would have. A tag belongs to a
 * family exactly if the pattern matches it, so that counting families is counting what patterns match.
 */
export function familiesOf(tag: string): readonly string[] {
  const families: string[] = [];
  // What cosign writes beside an image. Source: cosign's tag-based discovery.
  if (/^sha256-[0-9a-f]{64}/.test(tag)) families.push('^sha256-[0-9a-f]{64}');
  const suffix = /\.(sig|att|sbom)$/.exec(tag)?.[1];
  if (suffix !== undefined) families.push(`\\.${suffix}$`);
  if (/^[0-9a-f]{7,64}$/.test(tag)) families.push(`^[0-9a-f]{${tag.length}}$`);
  const prefix = /^([A-Za-z]+)[-_.]/.exec(tag)?.[1];
  if (prefix !== undefined && prefix.length <= wordLengthMax) families.push(`^${prefix}[-_.]`);
  const word = /-([A-Za-z][A-Za-z0-9]*)$/.exec(tag)?.[1];
  if (word !== undefined && word.length <= wordLengthMax) families.push(`-${word}$`);
  return families;
}

/** A pattern, and what it would leave out. */
export type Excludable = {
  readonly pattern: string;
  readonly tags: number;
  /** Of the tags' names. */
  readonly bytes: number;
  readonly examples: readonly string[];
};

/** Families counted at once: a registry whose every tag has a word of its own is counted no further. */
const familiesMax = 10_000;

const examplesMax = 3;

/** Counts which families hold no tag that any policy could select: one pass, memory that does not grow with tags. */
export interface FamilyCounter {
  add(tag: string, isCandidate: boolean): void;
  /** Those that leave out most first. */
  outcome(): { readonly tags: number; readonly bytes: number; readonly families: readonly Excludable[] };
}

export function countFamilies(): FamilyCounter {
  const counts = new Map<string, { tags: number; bytes: number; examples: string[] }>();
  const needed = new Set<string>();
  let tags = 0;
  let bytes = 0;
  return {
    add(tag, isCandidate) {
      tags += 1;
      bytes += tag.length;
      for (const family of familiesOf(tag)) {
        if (needed.has(family)) continue;
        if (isCandidate) {
          if (needed.size < familiesMax || counts.has(family)) needed.add(family);
          counts.delete(family);
          continue;
        }
        const count = counts.get(family);
        if (count !== undefined) {
          count.tags += 1;
          count.bytes += tag.length;
          if (count.examples.length < examplesMax) count.examples.push(tag);
        } else if (counts.size < familiesMax)
          counts.set(family, { tags: 1, bytes: tag.length, examples: [tag] });
      }
    },
    outcome: () => ({
      tags,
      bytes,
      // With more families than are remembered, one that was forgotten may hold what is needed.
      families:
        needed.size >= familiesMax
          ? []
          : [...counts]
              .map(([pattern, count]) => ({ pattern, ...count }))
              .sort((a, b) => b.tags - a.tags || (a.pattern < b.pattern ? -1 : 1)),
    }),
  };
}
