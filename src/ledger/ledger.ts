/**
 * Room `ledger`: what each place said, and when. The port, pure history, and scanning; `sqlite/` and
 * `postgres/` implement the port. May import `reference` and rung 0.
 *
 * Invariants: nothing acknowledged is lost; a scan that did not see everything changes nothing; an
 * observation is a fact, never rewritten, only extended.
 */
import type { EpochMs } from '../clock.ts';
import type { Digest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

/** Who saw it. */
export type ObservationSource = 'scan' | 'resolve' | 'lock' | 'pod' | 'node' | 'import';

/** One look at one tag: "tag T had digest D at time t, says S". What callers hand in. */
export type Sighting = {
  readonly repository: Repository;
  readonly tag: Tag;
  readonly digest: Digest;
  readonly observedAt: EpochMs;
  readonly source: ObservationSource;
};

/** An unbroken stretch of sightings of one digest under one tag. */
export type Observation = {
  readonly digest: Digest;
  readonly firstSeenAt: EpochMs;
  readonly lastSeenAt: EpochMs;
  /** Who noticed it first. */
  readonly source: ObservationSource;
};

/** A tag whose digest changed. */
export type Move = {
  readonly repository: Repository;
  readonly tag: Tag;
  readonly from: Digest;
  readonly to: Digest;
  /** When the old digest was last seen and the new one first: it moved somewhere between. */
  readonly lastSeenAt: EpochMs;
  readonly noticedAt: EpochMs;
  readonly source: ObservationSource;
};

export interface LedgerReader {
  /** Observations of a tag, oldest first. Empty where nobody ever looked. */
  listObservations(repository: Repository, tag: Tag): Promise<readonly Observation[]>;
}

export interface LedgerWriter {
  /**
   * Records sightings durably before it resolves, and answers the moves they revealed. Sightings may come
   * late or twice; the history is the same in any order.
   */
  recordSightings(sightings: readonly Sighting[]): Promise<readonly Move[]>;
}

/** A ledger that is open. Held by one command or one replica, and closed by whoever opened it. */
export interface Ledger extends LedgerReader, LedgerWriter {
  close(): Promise<void>;
}
