import type { Repository } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import { observationsOf } from '../history.ts';
import type { Ledger, Move, Observation, Sighting } from '../ledger.ts';
import type { SqliteDatabase, SqliteOptions } from './sqlite-database.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { readSightings, writeSightings } from './sqlite-sightings.ts';

/** The embedded ledger: one file, for one person or one replica. */
export class SqliteLedger implements Ledger {
  readonly #database: SqliteDatabase;

  /** @throws LedgerError where the file cannot be opened or is no ledger of ours */
  constructor(path: string, options: SqliteOptions = {}) {
    this.#database = openSqliteFile(path, options);
  }

  async listObservations(repository: Repository, tag: Tag): Promise<readonly Observation[]> {
    return observationsOf(readSightings(this.#database, repository, tag));
  }

  async recordSightings(sightings: readonly Sighting[]): Promise<readonly Move[]> {
    return this.#database.transaction(() => writeSightings(this.#database, sightings));
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}
