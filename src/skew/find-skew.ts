import type { Snapshot } from '../cluster/snapshot.ts';
import type { Sighting } from '../ledger/ledger.ts';
import { decideSkew } from './decide-skew.ts';
import { gatherFacts, type SkewSources } from './gather-facts.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning } from './running-content.ts';
import { listSightings } from './sightings.ts';
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
    report: decideSkew(snapshot, running, facts),
    sightings: listSightings(snapshot, running, facts),
  };
}
