import type { SqliteDatabase } from './sqlite-database.ts';

type Write = {
  readonly run: () => void;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
};

/**
 * Writes that are asked for together share a transaction, and so one wait for the disk: with many objects under
 * way that wait is most of the time. Each is all or nothing by itself, runs after those asked for before it, and is
 * durable when its promise resolves.
 */
export class SqliteGroupCommit {
  readonly #database: SqliteDatabase;
  #waiting: Write[] = [];

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** Rejects with what `work` throws, or with what kept the transaction from being committed. */
  write<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      let result: { readonly value: Result } | undefined;
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      this.#waiting.push({
        run: () => {
          result = { value: work() };
        },
        settle: () => result !== undefined && resolve(result.value),
        fail: reject,
      });
    });
  }

  /** Writes what waits, now. */
  flush(): void {
    const writes = this.#waiting;
    this.#waiting = [];
    if (writes.length === 0) return;
    const failures = new Map<Write, unknown>();
    try {
      this.#database.transaction(() => {
        for (const write of writes) this.#runOne(write, writes.length > 1, failures);
      });
    } catch (error) {
      for (const write of writes) write.fail(failures.get(write) ?? error);
      return;
    }
    for (const write of writes) {
      if (failures.has(write)) write.fail(failures.get(write));
      else write.settle();
    }
  }

  /** One among others that fails takes back its own writes only. */
  #runOne(write: Write, isAmongOthers: boolean, failures: Map<Write, unknown>): void {
    if (!isAmongOthers) return write.run();
    this.#database.exec('savepoint one_of_many');
    try {
      write.run();
    } catch (error) {
      failures.set(write, error);
      // After some failures (a full disk, for one) SQLite has taken back everything: then all have failed.
      if (!this.#database.isInTransaction) throw error;
      this.#database.exec('rollback to one_of_many');
    }
    this.#database.exec('release one_of_many');
  }
}
