import type { EpochMs } from '../../clock.ts';
import type { Digest } from '../../reference/digest.ts';
import type { Repository } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import type { ClaimFence } from '../claims.ts';
import { observationsOf } from '../history.ts';
import { type ImageContents, relationsIn } from '../image-contents.ts';
import type { Ledger, Move, Observation, Presence, RelatedDigest, Sighting } from '../ledger.ts';
import { type OpenScan, type ScanRecord, scansKept, type Watch } from '../scan-ledger.ts';
import type { NextSelection, Selection, SelectionOutcome } from '../selection.ts';
import { keepClaim } from './postgres-claims.ts';
import { PostgresDatabase, type PostgresOptions } from './postgres-database.ts';
import { migrate } from './postgres-migrations.ts';
import { findRelated, writeRelations } from './postgres-relations.ts';
import { PostgresScan } from './postgres-scan.ts';
import { findSelection, renameSelection, writeSelection } from './postgres-selections.ts';
import { readSightings, writeSightings } from './postgres-sightings.ts';
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
} from './postgres-tags.ts';

/** The shared ledger: a database that several replicas and people write at once. */
export class PostgresLedger implements Ledger {
  readonly #database: PostgresDatabase;
  readonly #scansKept: number;

  private constructor(database: PostgresDatabase, options: PostgresOptions) {
    this.#database = database;
    this.#scansKept = options.scansKept ?? scansKept;
  }

  /** @throws LedgerError where the server cannot be reached or the schema is no ledger of ours */
  static async open(url: string, options: PostgresOptions = {}): Promise<PostgresLedger> {
    const database = await PostgresDatabase.open(url, options);
    try {
      await migrate(database);
      return new PostgresLedger(database, options);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async listObservations(repository: Repository, tag: Tag): Promise<readonly Observation[]> {
    return observationsOf(await readSightings(this.#database, repository, tag));
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

  async listRepositoriesEnding(ending: string, limit: number): Promise<readonly Repository[]> {
    return listRepositoriesEnding(this.#database, ending, limit);
  }

  async recordSightings(sightings: readonly Sighting[]): Promise<readonly Move[]> {
    return this.#database.transaction((session) => writeSightings(session, sightings));
  }

  async recordIndex(contents: ImageContents): Promise<void> {
    await this.#database.transaction((session) => writeRelations(session, relationsIn(contents)));
  }

  async openScan(repository: Repository): Promise<OpenScan> {
    return PostgresScan.open(this.#database, repository, this.#scansKept);
  }

  async listScans(repository: Repository, limit: number): Promise<readonly ScanRecord[]> {
    return listScans(this.#database, repository, limit);
  }

  async readGeneration(repository: Repository): Promise<number> {
    return readGeneration(this.#database, repository);
  }

  async listTags(repository: Repository, after: Tag | undefined, limit: number): Promise<readonly Tag[]> {
    return listTags(this.#database, repository, { after, through: undefined, limit });
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
    await this.#database.transaction((session) =>
      writeWatch(session, repository, watch.pattern, watch.addedAt),
    );
  }

  async removeWatch(repository: Repository, pattern: string): Promise<void> {
    await this.#database.transaction((session) => writeWatch(session, repository, pattern, undefined));
  }

  async findSelection(name: string): Promise<Selection | undefined> {
    return findSelection(this.#database, name);
  }

  async advanceSelection(
    expected: Selection | undefined,
    next: NextSelection,
    fence?: ClaimFence,
  ): Promise<SelectionOutcome> {
    return this.#database.transaction(async (session) => {
      if (fence !== undefined) await keepClaim(session, fence);
      return writeSelection(session, expected, next);
    });
  }

  async renameSelection(from: string, to: string): Promise<Selection | undefined> {
    return this.#database.transaction((session) => renameSelection(session, from, to));
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
