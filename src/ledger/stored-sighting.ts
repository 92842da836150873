import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import { LedgerError } from './errors.ts';
import { observationSources } from './history.ts';
import type { ObservationSource, Sighting } from './ledger.ts';

/** The sightings of one tag among many. */
export type SightingGroup = {
  readonly repository: Repository;
  readonly tag: Tag;
  readonly sightings: readonly Sighting[];
};

/** Latest instant a Date can hold. Source: ECMA-262, "Time Values". */
const instantMax = 8.64e15;

/**
 * Sightings by tag, in one order for every writer, so that two of them never wait for each other crosswise.
 * @throws LedgerError `LEDGER_REFUSED` where an instant is none
 */
export function groupByTag(sightings: readonly Sighting[]): readonly SightingGroup[] {
  for (const { tag, observedAt } of sightings) {
    if (Number.isSafeInteger(observedAt) && observedAt >= 0 && observedAt <= instantMax) continue;
    throw new LedgerError(
      'LEDGER_REFUSED',
      `expected an instant in milliseconds for tag ${tag}, got ${observedAt}`,
    );
  }
  const groups = Map.groupBy(sightings, ({ repository, tag }) => `${repositoryName(repository)}:${tag}`);
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, together]) => {
      const first = together[0];
      return first === undefined
        ? []
        : [{ repository: first.repository, tag: first.tag, sightings: together }];
    });
}

/** @throws LedgerError `LEDGER_DAMAGED` where the number stands for no source */
export function sourceFromNumber(value: unknown): ObservationSource {
  const source = observationSources[Number(value)];
  if (source === undefined) {
    throw new LedgerError(
      'LEDGER_DAMAGED',
      `the ledger names a source that does not exist: ${String(value)}`,
    );
  }
  return source;
}
