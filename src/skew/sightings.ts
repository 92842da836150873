import type { EpochMs } from '../clock.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { ObservationSource, Sighting } from '../ledger/ledger.ts';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag } from '../reference/reference.ts';
import { repositoryName } from '../reference/repository.ts';
import { indexOf } from './content.ts';
import { listStored, listUses, type ReferenceUse } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { SkewFacts } from './skew-facts.ts';

/**
 * What pods run and nodes hold, and what registries answered, for the ledger. A content is named by its index where that is known, so that history does not show an index and its manifest as two; a
 * digest under another repository's name and a config digest say nothing about the tag and are left out.
 */
export function listSightings(
  snapshot: Snapshot,
  running: readonly RunningContainer[],
  facts: SkewFacts,
  askedAt: EpochMs | undefined,
): readonly Sighting[] {
  const stored = listStored(snapshot);
  const seenAt = snapshot.takenAt;
  const found = new Map<string, Sighting>();
  const add = (
    use: ReferenceUse,
    digest: Digest,
    at: number | undefined,
    source: ObservationSource,
  ): void => {
    const tag = effectiveTag(use.reference);
    if (tag === undefined || at === undefined) return;
    const { repository } = use.reference;
    const key = [repositoryName(repository), tag, digest, at, source].join(' ');
    found.set(key, { repository, tag, digest, observedAt: at, source });
  };
  for (const use of listUses(running, snapshot, facts)) {
    if (use.reference.digest !== undefined) continue;
    if (use.published.kind === 'digest') add(use, use.published.digest, askedAt, 'resolve');
    for (const { content, pulledAt } of use.containers) {
      if (content.kind !== 'known' || content.isForeign) continue;
      const digest = nameOf(content.digest, use, facts);
      add(use, digest, seenAt, 'pod');
      add(use, digest, pulledAt, 'pod');
    }
    for (const { digests } of stored.get(use.key) ?? []) {
      const [digest] = digests;
      if (digest !== undefined) add(use, nameOf(digest, use, facts), seenAt, 'node');
    }
  }
  return [...found.values()];
}

function nameOf(digest: Digest, { contents }: ReferenceUse, facts: SkewFacts): Digest {
  const home = contents.find(({ digests }) => digests.includes(digest));
  return (home === undefined ? undefined : indexOf(home, facts)) ?? digest;
}
