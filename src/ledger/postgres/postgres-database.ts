import type { Pool, PoolClient } from 'pg';
import { HoldfastError } from '../../errors.ts';
import { LedgerError } from '../errors.ts';
import { isContention, isSilence, postgresFailure, withoutPassword } from './postgres-failure.ts';

export type PostgresOptions = {
  /** How long a statement waits for another transaction, and a connection for the server. */
  readonly waitMs?: number;
  /** How long an answer is waited for: a cut cable is silent. */
  readonly answerMs?: number;
  /** How long a transaction waits for its client's next word before the server ends it, and with it its locks. */
  readonly idleMs?: number;
  /** Connections kept at most. */
  readonly connections?: number;
  /** Scans kept of each repository. */
  readonly scansKept?: number;
  /** Called before each statement that writes: a test makes the n-th one fail here. */
  readonly beforeWrite?: (sql: string) => void;
};

export type PostgresRow = Readonly<Record<string, unknown>>;

/** Runs statements: on one connection, inside or outside a transaction. */
export interface PostgresSession {
  query(sql: string, values?: readonly unknown[]): Promise<readonly PostgresRow[]>;
  /** For statements that write; answers how many rows changed. */
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

/** Connections of one process where nobody says: one for each scan under way, the others for the short rest. */
const connectionsMax = 8;

const waitMsDefault = 10_000;

/** Longer than any statement takes with a million tags, shorter than TCP takes to give up. */
const answerMsDefault = 120_000;

/** A client that says nothing for so long within a transaction is gone or asleep: others wait for its locks. */
const idleMsDefault = 30_000;

/** Transactions tried again after meeting another one, before giving up. */
const contentionMax = 5;

/** Where our tables are, so that a database shared with others keeps its own names. */
const schema = 'holdfast';

/** Connections to one database. Statements are prepared under their own text; failures are in our words. */
export class PostgresDatabase implements PostgresSession {
  /** Without password: for showing. */
  readonly location: string;
  readonly #pool: Pool;
  readonly #beforeWrite: ((sql: string) => void) | undefined;

  private constructor(location: string, pool: Pool, options: PostgresOptions) {
    this.location = location;
    this.#pool = pool;
    this.#beforeWrite = options.beforeWrite;
    // An idle connection that the server closes is opened anew when it is needed.
    pool.on('error', () => undefined);
  }

  static async open(url: string, options: PostgresOptions = {}): Promise<PostgresDatabase> {
    const { default: pg } = await import('pg');
    const waitMs = options.waitMs ?? waitMsDefault;
    const pool = new pg.Pool({
      connectionString: withSettings(url, {
        search_path: schema,
        // The server's own defaults may say otherwise, and an acknowledged sighting must be on disk.
        synchronous_commit: 'on',
        lock_timeout: `${waitMs}`,
        idle_in_transaction_session_timeout: `${options.idleMs ?? idleMsDefault}`,
      }),
      max: options.connections ?? connectionsMax,
      connectionTimeoutMillis: waitMs,
      query_timeout: options.answerMs ?? answerMsDefault,
      keepAlive: true,
      application_name: 'holdfast',
    });
    return new PostgresDatabase(withoutPassword(url), pool, options);
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<readonly PostgresRow[]> {
    return this.#guard(async () => (await this.#pool.query(prepared(sql, values))).rows);
  }

  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    return this.#guard(async () => {
      this.#beforeWrite?.(sql);
      return (await this.#pool.query(prepared(sql, values))).rowCount ?? 0;
    });
  }

  /** All of `work` or nothing of it, durable when this resolves. `work` is run again after a collision. */
  async transaction<Result>(work: (session: PostgresSession) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      const connection = await this.connect();
      try {
        return await connection.transaction(work);
      } catch (error) {
        if (!isContention(causeOf(error)) || attempt === contentionMax) throw error;
      } finally {
        connection.release();
      }
    }
  }

  /** A connection of one's own, for temporary tables. */
  async connect(): Promise<PostgresConnection> {
    const client = await this.#guard(() => this.#pool.connect());
    return new PostgresConnection(client, this.location, this.#beforeWrite);
  }

  async close(): Promise<void> {
    await this.#guard(() => this.#pool.end());
  }

  async #guard<Result>(work: () => Promise<Result>): Promise<Result> {
    return guard(this.location, work);
  }
}

/** One connection, held until released. */
export class PostgresConnection implements PostgresSession {
  readonly #client: PoolClient;
  readonly #location: string;
  readonly #beforeWrite: ((sql: string) => void) | undefined;
  #isBroken = false;

  constructor(client: PoolClient, location: string, beforeWrite: ((sql: string) => void) | undefined) {
    this.#client = client;
    this.#location = location;
    this.#beforeWrite = beforeWrite;
    // The statement under way fails with the same error; without a listener the process would end.
    client.on('error', this.#markBroken);
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<readonly PostgresRow[]> {
    return this.#guard(async () => (await this.#client.query(sql, [...values])).rows);
  }

  async run(sql: string, values: readonly unknown[] = []): Promise<number> {
    return this.#guard(async () => {
      this.#beforeWrite?.(sql);
      return (await this.#client.query(sql, [...values])).rowCount ?? 0;
    });
  }

  async transaction<Result>(work: (session: PostgresSession) => Promise<Result>): Promise<Result> {
    await this.run('begin');
    try {
      const result = await work(this);
      await this.run('commit');
      return result;
    } catch (error) {
      // Where no answer came, none will come to this either; the server rolls back what it hears no more of.
      if (!this.#isBroken) await this.#client.query('rollback').catch(this.#markBroken);
      throw error;
    }
  }

  release(): void {
    this.#client.off('error', this.#markBroken);
    this.#client.release(this.#isBroken);
  }

  /** Closes the connection instead of giving it to the next user. */
  discard(): void {
    this.#markBroken();
    this.release();
  }

  /** A statement that was not answered may still be carried out: nobody else may have this connection. */
  async #guard<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await guard(this.#location, work);
    } catch (error) {
      if (isSilence(causeOf(error))) this.#markBroken();
      throw error;
    }
  }

  readonly #markBroken = (): void => {
    this.#isBroken = true;
  };
}

/** Settings go into the URL's own `options`, which would win over any beside it; later ones win there. */
function withSettings(url: string, settings: Readonly<Record<string, string>>): string {
  const parsed = URL.parse(url);
  if (parsed === null) {
    throw new LedgerError('LEDGER_UNREACHABLE', 'the location of the ledger is no URL', {
      hint: 'write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %-escapes in the password',
    });
  }
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const given = parsed.searchParams.get('options');
  parsed.searchParams.set('options', [...(given === null ? [] : [given]), ...ours].join(' '));
  // pg-connection-string unescapes %20 and leaves a plus alone.
  parsed.search = parsed.search.replaceAll('+', '%20');
  return parsed.href;
}

async function guard<Result>(location: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HoldfastError ? error : postgresFailure(error, location);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof HoldfastError ? error.cause : error;
}

const names = new Map<string, string>();

/** A statement under a name is parsed once for each connection. */
function prepared(
  sql: string,
  values: readonly unknown[],
): { name: string; text: string; values: unknown[] } {
  const name = names.get(sql) ?? `holdfast_${names.size}`;
  names.set(sql, name);
  return { name, text: sql, values: [...values] };
}
