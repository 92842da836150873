import type { Snapshot } from '../cluster/snapshot.ts';
import { findLatentSkew } from './latent-skew.ts';
import { compareNames } from './name-order.ts';
import { listPullFailures } from './pull-failure.ts';
import { listStored, listUses, placeKey } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { SkewFacts } from './skew-facts.ts';
import type { SkewReport, Split } from './skew-report.ts';
import { partContents, splitOf } from './split.ts';
import { listUnknown, missingKinds } from './unknown-content.ts';

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
    problems: [...snapshot.problems, ...missingKinds(snapshot), ...facts.problems],
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
