import type { EpochMs } from '../clock.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

/**
 * How a scan ended. Only a complete one changes what the ledger says of tags: a partial one did not see
 * everything, a suspect one saw a list that cannot be believed yet.
 */
export type ScanOutcome = 'complete' | 'partial' | 'suspect';

/** A scan that ended. */
export type ScanRecord = {
  readonly outcome: ScanOutcome;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs;
  /** Tags the registry listed, as far as the scan came. */
  readonly tagCount: number;
  readonly pages: number;
  /** Tags on the fullest page: what the registry granted. */
  readonly pageSize: number;
  readonly requests: number;
  /** Why it is partial or suspect. */
  readonly error: string | undefined;
  /** Of a suspect scan only. */
  readonly doubt: ScanDoubt | undefined;
};

/** What is remembered of a list that is not believed yet, from one scan of it to the next. */
export type ScanDoubt = {
  /** When this short list was seen first, no tag that it lacks being there by name; undefined: one was there. */
  readonly since: EpochMs | undefined;
  /** When names were last asked for. */
  readonly askedAt: EpochMs;
};

/**
 * Scans of one repository that a ledger keeps: three and a half days of one a minute, or half a month of one every
 * five minutes, in a quarter of a megabyte. What they found is kept for good.
 */
export const scansKept = 5040;

/** What a complete scan remembers of a page, so that the next one need not read it when it is the same. */
export type PageMark = {
  readonly fingerprint: string;
  readonly firstTag: Tag;
  readonly lastTag: Tag;
  readonly tagCount: number;
};

/** What the ledger knew when a scan began. */
export type ScanStart = {
  /** Tags listed now, by the last complete scan. */
  readonly tagCount: number;
  /** Of the list of tags: see `readGeneration`. */
  readonly generation: number;
  /** Whether the registry's pages came in order last time. */
  readonly sorted: boolean;
  /** Marks by page position, undefined where a page has none. */
  readonly marks: readonly (PageMark | undefined)[];
  /** When every page was last read and not only compared by its mark; undefined: never. */
  readonly readWholeAt: EpochMs | undefined;
  /** The last scan that saw a whole list, complete or suspect. */
  readonly previous: ScanRecord | undefined;
};

/** What a complete scan found, beside what it staged. */
export type ScanFindings = {
  /** Tags missing from the list that are believed gone; `missing`: all that are staged. */
  readonly gone: readonly Tag[] | 'missing';
  readonly marks: readonly (PageMark | undefined)[];
  readonly sorted: boolean;
  readonly readWholeAt: EpochMs;
};

/** Tags that one stretch of the list adds to and misses from what the ledger knows. */
export type TagChanges = { readonly appeared: readonly Tag[]; readonly missing: readonly Tag[] };

/** One scan of one repository under way. Nothing it stages is seen by anybody until it ends as complete. */
export interface OpenScan {
  readonly start: ScanStart;
  /** Listed tags after one and up to another (both may be open), in byte order, at most `limit`. */
  listPresent(after: Tag | undefined, through: Tag | undefined, limit: number): Promise<readonly Tag[]>;
  /** Keeps changes aside, in bounded memory. */
  stage(changes: TagChanges): Promise<void>;
  /** For a registry that does not sort: from here on, whole pages are kept aside and compared at the end. */
  beginSpool(through: Tag | undefined): Promise<void>;
  spool(tags: readonly Tag[]): Promise<void>;
  /** Compares what was spooled with what is listed, and stages the difference. */
  endSpool(): Promise<void>;
  /** How much is staged. */
  countStaged(): Promise<{ readonly appeared: number; readonly missing: number }>;
  /** Staged missing tags, all of them or at most `limit` spread evenly over them: others with another `shift`. */
  sampleMissing(limit: number, shift?: number): Promise<readonly Tag[]>;
  /** Staged appeared tags, the first `limit`. */
  sampleAppeared(limit: number): Promise<readonly Tag[]>;
  /**
   * Records a complete scan and all its changes in one transaction. `overtaken`: another scan of this
   * repository changed the tags meanwhile, so nothing was written and the comparison must be made anew.
   */
  complete(record: ScanRecord, findings: ScanFindings): Promise<'recorded' | 'overtaken'>;
  /** Records a partial or suspect scan; the tags stay as they are. */
  abandon(record: ScanRecord): Promise<void>;
  /** Lets go of everything staged. Safe after an end too. */
  close(): Promise<void>;
}

/** Tags by name pattern that are asked for their digest at each scan. */
export type Watch = { readonly pattern: string; readonly addedAt: EpochMs };

/** What scanning needs of a ledger. */
export interface ScanLedger {
  openScan(repository: Repository): Promise<OpenScan>;
  /** Scans of a repository, newest first: of the last `scansKept`. */
  listScans(repository: Repository, limit: number): Promise<readonly ScanRecord[]>;
  /**
   * Grows by one with each scan that changes which tags are listed; 0 for a repository that was never scanned.
   * While it stays, so do the tags.
   */
  readGeneration(repository: Repository): Promise<number>;
  /** Listed tags in byte order, after one, at most `limit`. */
  listTags(repository: Repository, after: Tag | undefined, limit: number): Promise<readonly Tag[]>;
  /** Listed tags somebody cares about: observed before, or selected. In byte order, after one. */
  listFollowedTags(repository: Repository, after: Tag | undefined, limit: number): Promise<readonly Tag[]>;
  listWatches(repository: Repository): Promise<readonly Watch[]>;
  addWatch(repository: Repository, watch: Watch): Promise<void>;
  removeWatch(repository: Repository, pattern: string): Promise<void>;
}
