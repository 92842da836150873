import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { HoldfastError } from '../../errors.ts';
import { parseTag, type Tag } from '../../reference/tag.ts';
import { sqliteFailure } from './sqlite-failure.ts';

export type SqliteOptions = {
  /** How long a statement waits for another process to let go, before it gives up. */
  readonly busyTimeoutMs?: number;
  /** Scans kept of each repository. */
  readonly scansKept?: number;
  /** Called before each statement that writes: a test makes the n-th one fail here. */
  readonly beforeWrite?: (sql: string) => void;
};

/** Long enough for any write of ours (the longest, a first scan of a million tags, holds it for seconds). */
const busyTimeoutMs = 10_000;

export type SqliteRow = Readonly<Record<string, unknown>>;

/** One open database file: prepared statements are kept, failures are put in our words. */
export class SqliteDatabase {
  readonly location: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Those whose rows are lists of columns. */
  readonly #listStatements = new Map<string, StatementSync>();
  readonly #beforeWrite: ((sql: string) => void) | undefined;

  constructor(location: string, options: SqliteOptions = {}) {
    this.location = location;
    this.#beforeWrite = options.beforeWrite;
    const { DatabaseSync } = loadSqlite();
    this.#database = this.#guard(
      () => new DatabaseSync(location, { timeout: options.busyTimeoutMs ?? busyTimeoutMs }),
    );
  }

  /** Runs one statement that writes; answers how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => {
      this.#beforeWrite?.(sql);
      return Number(this.#prepare(sql).run(...values).changes);
    });
  }

  /** Runs statements without values. */
  exec(sql: string): void {
    this.#guard(() => {
      this.#beforeWrite?.(sql);
      this.#database.exec(sql);
    });
  }

  get(sql: string, ...values: SQLInputValue[]): SqliteRow | undefined {
    return this.#guard(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): readonly SqliteRow[] {
    return this.#guard(() => this.#prepare(sql).all(...values));
  }

  /**
   * The column `tag` of every row, in the order of the rows: as one JSON text, five times as fast as rows where
   * there are many. `sql` ends in a limit: SQLite keeps the order of such a subquery.
   */
  tags(sql: string, ...values: SQLInputValue[]): readonly Tag[] {
    const row = this.get(`select json_group_array(tag) as tags from (${sql})`, ...values);
    const texts: unknown = JSON.parse(String(row?.['tags']));
    return Array.isArray(texts) ? texts.map((text) => parseTag(String(text))) : [];
  }

  /**
   * All of `work` or nothing of it, durable when this returns. The write lock is taken at the start, so that
   * what `work` reads cannot change before it writes.
   */
  transaction<Result>(work: () => Result): Result {
    this.exec('begin immediate');
    let result: Result;
    try {
      result = work();
      this.exec('commit');
    } catch (error) {
      this.#rollback();
      throw error;
    }
    return result;
  }

  /** False after a failure that made SQLite roll back by itself. */
  get isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#listStatements.clear();
    this.#guard(() => this.#database.close());
  }

  #prepare(sql: string, prepared = this.#statements): StatementSync {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(prepared === this.#listStatements);
      prepared.set(sql, statement);
    }
    return statement;
  }

  /** SQLite has already rolled back by itself after some failures (a full disk, for one). */
  #rollback(): void {
    if (this.isInTransaction) this.#database.exec('rollback');
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw error instanceof HoldfastError ? error : sqliteFailure(error, this.location);
    }
  }
}

/** Node 22 warns that its SQLite is experimental, on a stream where only our own words belong. */
function loadSqlite(): typeof import('node:sqlite') {
  const described = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    if (described !== undefined) Object.defineProperty(process, 'emitWarning', described);
  }
}
