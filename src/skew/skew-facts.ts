import type { Problem } from '../findings/finding.ts';
import type { Move } from '../ledger/ledger.ts';
import type { Digest } from '../reference/digest.ts';
import { joinReference } from '../reference/reference.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { ContentFacts } from './content.ts';
import type { Published } from './skew-report.ts';

/** Everything that is known besides the snapshot: from the registry, the ledger, or nobody. */
export type SkewFacts = ContentFacts & {
  /** By normalized reference. */
  readonly published: ReadonlyMap<string, Published>;
  /** A tag that never moves and names the same content, e.g. `v1.16-4.11-full-build.169`, by {@link contentKey}. */
  readonly siblings: ReadonlyMap<string, Tag>;
  /** Whether the registry still serves a digest, by {@link contentKey}; absent where nobody asked. */
  readonly served: ReadonlyMap<string, boolean>;
  /** Moves the ledger knows, by normalized reference, oldest first. */
  readonly moves: ReadonlyMap<string, readonly Move[]>;
  /** What could not be asked. */
  readonly problems: readonly Problem[];
};

/** A digest in a repository. */
export function contentKey(repository: Repository, digest: Digest): string {
  return joinReference(repositoryName(repository), undefined, digest);
}

/** The facts of somebody who asked nobody. */
export const noFacts: SkewFacts = {
  indexes: new Map(),
  configs: new Map(),
  sameImages: [],
  published: new Map(),
  siblings: new Map(),
  served: new Map(),
  moves: new Map(),
  problems: [],
};
