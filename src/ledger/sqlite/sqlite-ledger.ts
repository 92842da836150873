import type { EpochMs } from '../../clock.ts';
import type { Digest } from '../../reference/digest.ts';
import type { Repository } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import { type ClaimFence, claimsUnsupported } from '../claims.ts';
import { observationsOf } from '../history.ts';
import { type ImageContents, relationsIn } from '../image-contents.ts';
import type { Ledger, Move, Observation, Presence, RelatedDigest, Sighting } from '../ledger.ts';
import { type OpenScan, type ScanRecord, scansKept, type Watch } from '../scan-ledger.ts';
import type { NextSelection, Selection, SelectionOutcome } from '../selection.ts';
import type { SqliteDatabase, SqliteOptions } from './sqlite-database.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { SqliteGroupCommit } from './sqlite-group-commit.ts';
import { findRelated, writeRelations } from './sqlite-relations.ts';
import { SqliteScan } from './sqlite-scan.ts';
import { findSelection, renameSelection, writeSelection } from './sqlite-selections.ts';
import { readSightings, writeSightings } from './sqlite-sightings.ts';
import {
  listFirstSeen,
  listFollowedTags,
  listPresences,
  listRepositoriesEnding,
  listScans,
  listTags,
  listWatches,
  readGeneration,
  writeWatch,
} from './sqlite-tags.ts';

/** The embedded ledger: one file, for one person or one replica. */
export class SqliteLedger implements Ledger {
  readonly #database: SqliteDatabase;
  readonly #writes: SqliteGroupCommit;
  readonly #scansKept: number;

  /** @throws LedgerError where the file cannot be opened or is no ledger of ours */
  constructor(path: string, options: SqliteOptions = {}) {
    this.#database = openSqliteFile(path, options);
    this.#writes = new SqliteGroupCommit(this.#database);
    this.#scansKept = options.scansKept ?? scansKept;
  }

  async listObservations(repository: Repository, tag: Tag): Promise<readonly Observation[]> {
    return observationsOf(readSightings(this.#database, repository, tag));
  }

  async listPresences(repository: Repository, tag: Tag): Promise<readonly Presence[]> {
    return listPresences(this.#database, repository, tag);
  }

  async listFirstSeen(repository: Repository, tags: readonly Tag[]): Promise<ReadonlyMap<Tag, EpochMs>> {
    return listFirstSeen(this.#database, repository, tags);
  }

  async findRelated(digest: Digest): Promise<readonly RelatedDigest[]> {
    return findRelated(this.#database, digest);
  }

  async recordSightings(sightings: readonly Sighting[]): Promise<readonly Move[]> {
    return this.#writes.write(() => writeSightings(this.#database, sightings));
  }

  async listRepositoriesEnding(ending: string, limit: number): Promise<readonly Repository[]> {
    return listRepositoriesEnding(this.#database, ending, limit);
  }

  async recordIndex(contents: ImageContents): Promise<void> {
    await this.#writes.write(() => writeRelations(this.#database, relationsIn(contents)));
  }

  async openScan(repository: Repository): Promise<OpenScan> {
    const [database, writes, kept] = [this.#database, this.#writes, this.#scansKept];
    return new SqliteScan({ database, writes, scansKept: kept }, repository);
  }

  async listScans(repository: Repository, limit: number): Promise<readonly ScanRecord[]> {
    return listScans(this.#database, repository, limit);
  }

  async readGeneration(repository: Repository): Promise<number> {
    return readGeneration(this.#database, repository);
  }

  async listTags(repository: Repository, after: Tag | undefined, limit: number): Promise<readonly Tag[]> {
    return listTags(this.#database, repository, after, limit);
  }

  async listFollowedTags(
    repository: Repository,
    after: Tag | undefined,
    limit: number,
  ): Promise<readonly Tag[]> {
    return listFollowedTags(this.#database, repository, after, limit);
  }

  async listWatches(repository: Repository): Promise<readonly Watch[]> {
    return listWatches(this.#database, repository);
  }

  async addWatch(repository: Repository, watch: Watch): Promise<void> {
    await this.#writes.write(() => writeWatch(this.#database, repository, watch.pattern, watch.addedAt));
  }

  async removeWatch(repository: Repository, pattern: string): Promise<void> {
    await this.#writes.write(() => writeWatch(this.#database, repository, pattern, undefined));
  }

  async findSelection(name: string): Promise<Selection | undefined> {
    return findSelection(this.#database, name);
  }

  async advanceSelection(
    expected: Selection | undefined,
    next: NextSelection,
    fence?: ClaimFence,
  ): Promise<SelectionOutcome> {
    if (fence !== undefined) throw claimsUnsupported(this.#database.location);
    return this.#writes.write(() => writeSelection(this.#database, expected, next));
  }

  async renameSelection(from: string, to: string): Promise<Selection | undefined> {
    return this.#writes.write(() => renameSelection(this.#database, from, to));
  }

  async close(): Promise<void> {
    this.#writes.flush();
    this.#database.close();
  }
}
