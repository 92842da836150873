/**
 * Room `ledger`: what each place said, and when. The port, pure history, and scanning; `sqlite/` and
 * `postgres/` implement the port. May import `reference`, `oci` and rung 0.
 *
 * Invariants: nothing acknowledged is lost; a scan that did not see everything changes nothing; an
 * observation is a fact, never rewritten, only extended.
 */
import type { EpochMs } from '../clock.ts';
import type { Digest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { ImageContents } from './image-contents.ts';
import type { ScanLedger } from './scan-ledger.ts';
import type { SelectionLedger } from './selection.ts';

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

/** A stretch of time in which a complete scan found the tag in the registry's list. */
export type Presence = {
  /** When a scan first listed it: it may have been there before the first scan. */
  readonly appearedAt: EpochMs;
  /** When a scan first missed it and was believed: see `confirmMissing`; undefined while listed. */
  readonly goneAt: EpochMs | undefined;
};

/** A digest that holds the one asked about, or is held by it: an index, its manifests, their configs. */
export type RelatedDigest = {
  readonly digest: Digest;
  readonly relation: 'holder' | 'part';
  /** `linux/amd64`, where an index said so of a part. */
  readonly platform: string | undefined;
};

export interface LedgerReader {
  /** Observations of a tag, oldest first. Empty where nobody ever asked for its digest. */
  listObservations(repository: Repository, tag: Tag): Promise<readonly Observation[]>;
  /** When scans found the tag listed, oldest first. Empty where none ever did. */
  listPresences(repository: Repository, tag: Tag): Promise<readonly Presence[]>;
  /** When scans first listed these tags, in one question. Those that none ever listed are left out. */
  listFirstSeen(repository: Repository, tags: readonly Tag[]): Promise<ReadonlyMap<Tag, EpochMs>>;
  /** Every digest known to hold this one or to be held by it, at any depth. Empty where nothing is known. */
  findRelated(digest: Digest): Promise<readonly RelatedDigest[]>;
  /** Repositories known by a name that ends so, in byte order, at most `limit`. */
  listRepositoriesEnding(ending: string, limit: number): Promise<readonly Repository[]>;
}

export interface LedgerWriter {
  /**
   * Records sightings durably before it resolves, and answers the moves they revealed. Sightings may come
   * late or twice; the history is the same in any order.
   */
  recordSightings(sightings: readonly Sighting[]): Promise<readonly Move[]>;
  /** Records what an index or manifest holds, so that its digests are related before they are called different. */
  recordIndex(contents: ImageContents): Promise<void>;
}

/** A ledger that is open. Held by one command or one replica, and closed by whoever opened it. */
export interface Ledger extends LedgerReader, LedgerWriter, ScanLedger, SelectionLedger {
  close(): Promise<void>;
}
