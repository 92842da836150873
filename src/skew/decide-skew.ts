/**
 * Room `skew`: running ↔ running. One tag, and what pods really run under it. May import the ports `cluster`,
 * `registry` and `ledger`, and the model.
 *
 * Invariants: like is compared with like (index, platform manifest and config digests are related before they
 * are called different); a container that cannot be compared is `unknown` with its reason, never different and
 * never left out; the verdict does not depend on the order of anything.
 */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Move } from '../ledger/ledger.ts';
import type { Digest } from '../reference/digest.ts';
import type { Tag } from '../reference/tag.ts';
import type { ContentFacts } from './content.ts';
import { findLatentSkew } from './latent-skew.ts';
import { compareNames } from './name-order.ts';
import { listPullFailures } from './pull-failure.ts';
import { listStored, listUses, placeKey } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { Published, SkewReport, Split } from './skew-report.ts';
import { partContents, splitOf } from './split.ts';
import { listUnknown, missingKinds } from './unknown-content.ts';

/** Everything that is known besides the snapshot: from the registry, the ledger, or nobody. */
export type SkewFacts = ContentFacts & {
  /** By normalized reference. */
  readonly published: ReadonlyMap<string, Published>;
  /** Tags that never move and name the same content, e.g. `v1.16-4.11-full-build.169`, by digest. */
  readonly siblings: ReadonlyMap<Digest, readonly Tag[]>;
  /** Whether the registry still serves a digest; absent where nobody asked. */
  readonly served: ReadonlyMap<Digest, boolean>;
  /** Moves the ledger knows, by normalized reference, oldest first. */
  readonly moves: ReadonlyMap<string, readonly Move[]>;
};

/** The facts of somebody who asked nobody. */
export const noFacts: SkewFacts = {
  indexes: new Map(),
  configs: new Map(),
  sameImages: [],
  published: new Map(),
  siblings: new Map(),
  served: new Map(),
  moves: new Map(),
};

/** The verdict on a snapshot. Pure. */
export function decideSkew(
  snapshot: Snapshot,
  running: readonly RunningContainer[],
  facts: SkewFacts,
): SkewReport {
  const ordered = [...running].sort(byPlace);
  const stored = listStored(snapshot);
  const parted = listUses(ordered, snapshot, facts).map((use) => partContents(use, facts));
  return {
    splits: parted
      .filter(({ different }) => different.length > 1)
      .map((one) => splitOf(one, snapshot, facts))
      .sort((a, b) => failingOf(b) - failingOf(a)),
    latent: parted.flatMap((one) => findLatentSkew(one, stored, facts)),
    unknown: [...listUnknown(ordered), ...parted.flatMap(({ incomparable }) => incomparable)],
    pullFailures: listPullFailures(ordered, snapshot),
    problems: [...snapshot.problems, ...missingKinds(snapshot)],
    counts: {
      pods: snapshot.pods.length,
      nodes: snapshot.nodes.length,
      containers: running.length,
      references: new Set(running.map(({ container }) => container.image)).size,
    },
  };
}

function failingOf(split: Split): number {
  return split.contents.reduce((sum, content) => sum + content.failing, 0);
}

function byPlace(a: RunningContainer, b: RunningContainer): number {
  return compareNames(placeKey(a.pod), placeKey(b.pod)) || compareNames(a.container.name, b.container.name);
}
