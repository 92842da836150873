/**
 * Room `skew`: running ↔ running. One tag, and what pods really run under it. May import the ports `cluster`,
 * `registry` and `ledger`, and the model.
 *
 * Invariants: like is compared with like (index, platform manifest and config digests are related before they
 * are called different); a container that cannot be compared is `unknown` with its reason, never different and
 * never left out; the verdict does not depend on the order of anything.
 */
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Sighting } from '../ledger/ledger.ts';
import { decideSkew } from './decide-skew.ts';
import { gatherFacts, type SkewSources } from './gather-facts.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning, type RunningContainer } from './running-content.ts';
import { listSightings } from './sightings.ts';
import type { SkewFacts } from './skew-facts.ts';
import type { SkewReport } from './skew-report.ts';

export type FoundSkew = {
  readonly report: SkewReport;
  /** What the snapshot tells the ledger; writing it is the caller's choice. */
  readonly sightings: readonly Sighting[];
};

/**
 * One tag, more than one content: where, since when, which pods fail, what to do. Registry and ledger sharpen
 * the verdict and are asked only where given; without them it says what it does not know.
 */
export async function findSkew(snapshot: Snapshot, sources: SkewSources = {}): Promise<FoundSkew> {
  const running = listRunning(snapshot, pullHistoryOf(snapshot));
  const facts = await gatherFacts(running, sources);
  return {
    report: decideSkew(snapshot, withKnownConfigs(running, facts), facts),
    sightings: listSightings(snapshot, running, facts, sources.askedAt),
  };
}

/** A config digest that some known manifest has can be compared; any other says only what it is called. */
function withKnownConfigs(
  running: readonly RunningContainer[],
  { configs }: SkewFacts,
): readonly RunningContainer[] {
  const known = new Set(configs.values());
  return running.map((one) =>
    one.content.kind === 'side-loaded' && known.has(one.content.imageId)
      ? { ...one, content: { kind: 'known', digest: one.content.imageId, isForeign: false } }
      : one,
  );
}
