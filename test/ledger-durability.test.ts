import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../src/ledger/ledger.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { PostgresLedger } from '../src/ledger/postgres/postgres-ledger.ts';
import type { ScanRecord } from '../src/ledger/scan-ledger.ts';
import { SqliteDatabase } from '../src/ledger/sqlite/sqlite-database.ts';
import { openSqliteFile } from '../src/ledger/sqlite/sqlite-file.ts';
import { SqliteLedger } from '../src/ledger/sqlite/sqlite-ledger.ts';
import { writeSightings } from '../src/ledger/sqlite/sqlite-sightings.ts';
import { type Digest, digestOf } from '../src/reference/digest.ts';
import type { Repository } from '../src/reference/repository.ts';
import { parseTag } from '../src/reference/tag.ts';
import { batchSightings, tagsPerBatch, writtenRepository } from './ledger-writer.ts';
import { freshRepository } from './opened-ledger.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

let folder = '';
let files = 0;
let postgres: PostgresServer | undefined;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-durability-'));
});
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

function freshPath(): string {
  files += 1;
  return join(folder, `ledger-${files}.db`);
}

describe('a ledger whose process is killed', () => {
  it('holds everything acknowledged, and no half of a batch', async () => {
    const path = freshPath();
    let next = 0;
    for (const acknowledgements of [1, 7, 23, 40, 11]) {
      const last = await writeUntilKilled(path, next, next + acknowledgements);
      next = await batchesIn(path);
      assert.ok(next > last, `batch ${last} was acknowledged, ${next} are there`);
    }
  });

  /** Kills the writer as soon as it acknowledged a batch: it is inside the next one. Answers the last one it told. */
  async function writeUntilKilled(path: string, first: number, until: number): Promise<number> {
    const script = fileURLToPath(new URL('ledger-writer.ts', import.meta.url));
    const child = spawn(process.execPath, [script, path, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    let last = first - 1;
    for await (const line of createInterface({ input: child.stdout })) {
      last = Number(line);
      if (last >= until) child.kill('SIGKILL');
    }
    const [, signal] = await ended;
    assert.deepEqual([signal, last >= until], ['SIGKILL', true], 'the writer ended by itself');
    return last;
  }

  async function batchesIn(path: string): Promise<number> {
    const ledger = new SqliteLedger(path);
    const counts = new Set<number>();
    for (let index = 0; index < tagsPerBatch; index += 1) {
      counts.add((await ledger.listObservations(writtenRepository, parseTag(`v${index}`))).length);
    }
    await ledger.close();
    assert.equal(counts.size, 1, 'a batch is there in part');
    return [...counts][0] ?? 0;
  }
});

describe('a ledger whose n-th write fails', () => {
  it('in SQLite holds every step that was acknowledged and nothing of the one that failed', async () => {
    let path = freshPath();
    const tried = await failEachWrite(
      async (beforeWrite) => new SqliteLedger(path, beforeWrite && { beforeWrite }),
      () => {
        path = freshPath();
      },
    );
    assert.ok(tried > 20, `only ${tried} writes were made to fail`);
  });

  it('in PostgreSQL holds every step that was acknowledged and nothing of the one that failed', async () => {
    postgres ??= await startPostgres();
    const url = await postgres.createDatabase();
    const tried = await failEachWrite((beforeWrite) =>
      PostgresLedger.open(url, beforeWrite && { beforeWrite }),
    );
    assert.ok(tried > 20, `only ${tried} writes were made to fail`);
  });

  type Open = (beforeWrite?: (sql: string) => void) => Promise<Ledger>;

  /** n = 1, 2, … until none fails. Answers how many writes there were. */
  async function failEachWrite(open: Open, next = () => {}): Promise<number> {
    for (let n = 1; ; n += 1) {
      const subject = { repository: freshRepository(), index: digestOf(Buffer.from(`index ${n}`)) };
      let writes = 0;
      const acknowledged = await stepsUntilFailure(subject, () =>
        open(() => {
          writes += 1;
          if (writes === n) throw new Error(`write ${n} fails, as the test wants`);
        }),
      );
      const ledger = await open();
      assert.deepEqual(await stepsIn(ledger, subject), acknowledged, `write ${n} failed`);
      await ledger.close();
      if (writes < n) return n - 1;
      next();
    }
  }

  type Subject = { readonly repository: Repository; readonly index: Digest };
  type Step = (ledger: Ledger, subject: Subject) => Promise<unknown>;

  const steps: readonly { readonly name: string; readonly run: Step }[] = [
    {
      name: 'sightings',
      run: (ledger, { repository }) =>
        ledger.recordSightings(batchSightings(0).map((one) => ({ ...one, repository }))),
    },
    { name: 'scan', run: (ledger, { repository }) => scan(ledger, repository, ['a', 'b'], []) },
    { name: 'second scan', run: (ledger, { repository }) => scan(ledger, repository, ['c'], ['a']) },
    {
      name: 'index',
      run: (ledger, { index }) =>
        ledger.recordIndex({ digest: index, config: digestOf(Buffer.from('config')) }),
    },
    {
      name: 'selection',
      run: (ledger, { repository, index }) =>
        ledger.advanceSelection(undefined, {
          name: repository.path,
          repository,
          tag: parseTag('a'),
          digest: index,
          policy: '',
          selectedAt: 1,
          selectedBy: 'test',
          reason: undefined,
        }),
    },
  ];

  async function stepsUntilFailure(
    subject: Subject,
    open: () => Promise<Ledger>,
  ): Promise<readonly string[]> {
    const done: string[] = [];
    let ledger: Ledger | undefined;
    try {
      ledger = await open();
      for (const step of steps) {
        await step.run(ledger, subject);
        done.push(step.name);
      }
    } catch (error) {
      assert.match(String(error), /LedgerError: the ledger .* failed.*as the test wants/);
    } finally {
      await ledger?.close();
    }
    return done;
  }

  async function scan(
    ledger: Ledger,
    repository: Repository,
    appeared: readonly string[],
    gone: readonly string[],
  ): Promise<void> {
    const open = await ledger.openScan(repository);
    try {
      await open.stage({ appeared: appeared.map(parseTag), missing: gone.map(parseTag) });
      await open.complete(record, { gone: gone.map(parseTag), marks: [], sorted: true, readWholeAt: 1 });
    } finally {
      // Letting go may fail too, and only the first failure is the test's.
      await open.close().catch(() => undefined);
    }
  }

  const record: ScanRecord = {
    outcome: 'complete',
    startedAt: 1,
    endedAt: 2,
    tagCount: 2,
    pages: 1,
    pageSize: 2,
    requests: 1,
    error: undefined,
    doubt: undefined,
  };

  /** Which steps the ledger holds, each whole. */
  async function stepsIn(ledger: Ledger, { repository, index }: Subject): Promise<readonly string[]> {
    const found: string[] = [];
    const seen = await Promise.all(
      batchSightings(0).map(async ({ tag }) => (await ledger.listObservations(repository, tag)).length),
    );
    if (seen.every((count) => count === 1)) found.push('sightings');
    else assert.deepEqual([...new Set(seen)], [0]);
    const tags = (await ledger.listTags(repository, undefined, 10)).join();
    const scans = (await ledger.listScans(repository, 10)).length;
    assert.ok(['0 ', '1 a,b', '2 b,c'].includes(`${scans} ${tags}`), `${scans} scans left the tags ${tags}`);
    if (scans > 0) found.push('scan');
    if (scans > 1) found.push('second scan');
    if ((await ledger.findRelated(index)).length === 1) found.push('index');
    if ((await ledger.findSelection(repository.path)) !== undefined) found.push('selection');
    return found;
  }
});

describe('a ledger without room', () => {
  it('says so, and keeps what it had acknowledged', async () => {
    const path = freshPath();
    const database = openSqliteFile(path);
    const pages = Number(database.get('pragma page_count')?.['page_count']);
    database.exec(`pragma max_page_count = ${pages + 4}`);
    let acknowledged = 0;
    assert.throws(
      () => {
        for (;;) {
          database.transaction(() => writeSightings(database, batchSightings(acknowledged)));
          acknowledged += 1;
        }
      },
      { code: 'LEDGER_FULL', hint: /make room/, message: /no room left for the ledger/ },
    );
    assert.ok(acknowledged > 10);
    database.close();
    const ledger = new SqliteLedger(path);
    assert.equal((await ledger.listObservations(writtenRepository, parseTag('v0'))).length, acknowledged);
    await ledger.recordSightings(batchSightings(acknowledged));
    await ledger.close();
  });
});

describe('a ledger that another process holds', () => {
  it('waits a bounded time and then names the file and what to do', async () => {
    const path = freshPath();
    const holder = new SqliteLedger(path);
    const other = new SqliteDatabase(path);
    other.exec('begin immediate');
    const ledger = new SqliteLedger(path, { busyTimeoutMs: 50 });
    await assert.rejects(ledger.recordSightings(batchSightings(0)), {
      code: 'LEDGER_LOCKED',
      message: new RegExp(`the ledger ${path} is held by another process`),
      hint: /wait until the other holdfast has ended/,
    });
    assert.deepEqual(await ledger.listObservations(writtenRepository, parseTag('v0')), []);
    other.exec('rollback');
    other.close();
    await ledger.recordSightings(batchSightings(0));
    await ledger.close();
    await holder.close();
  });
});

describe('a ledger in PostgreSQL', () => {
  it('answers while as many scans are open as it was opened for', async () => {
    postgres ??= await startPostgres();
    const url = await postgres.createDatabase();
    const ledger = await openLedger(url, { env: {}, cwd: '/' }, { scansAtOnce: 9 });
    const scans = await Promise.all(Array.from({ length: 9 }, () => ledger.openScan(freshRepository())));
    try {
      assert.equal(await ledger.findSelection('none'), undefined);
    } finally {
      for (const scan of scans) await scan.close();
      await ledger.close();
    }
  });

  const isPasswordHidden = (error: unknown): boolean => !JSON.stringify(error).includes('secret');

  it('refuses a schema of its name that is somebody else’s, and one that is newer', async () => {
    postgres ??= await startPostgres();
    const { default: pg } = await import('pg');
    for (const { prepare, code } of [
      { prepare: 'create schema holdfast; create table holdfast.moorings (id int)', code: 'LEDGER_FOREIGN' },
      {
        prepare:
          'create schema holdfast; create table holdfast.schema_versions (version int, migrated_at timestamptz); insert into holdfast.schema_versions values (99, now())',
        code: 'LEDGER_TOO_NEW',
      },
    ]) {
      const url = await postgres.createDatabase();
      const client = new pg.Client(url);
      await client.connect();
      await client.query(prepare);
      await assert.rejects(PostgresLedger.open(url), { code });
      const { rows } = await client.query(
        "select count(*)::int as count from pg_tables where schemaname = 'holdfast'",
      );
      assert.deepEqual(rows, [{ count: 1 }]);
      await client.end();
    }
  });

  it('is made once by two that begin at the same moment', async () => {
    postgres ??= await startPostgres();
    const url = await postgres.createDatabase();
    const ledgers = await Promise.all([1, 2, 3].map(() => PostgresLedger.open(url)));
    await Promise.all(ledgers.map((ledger) => ledger.close()));
  });

  it('keeps to its own schema whatever options the URL has', async () => {
    postgres ??= await startPostgres();
    const url = `${await postgres.createDatabase()}?options=-c%20search_path%3Dpublic`;
    const ledger = await PostgresLedger.open(url);
    await ledger.recordSightings(batchSightings(0));
    await ledger.close();
    const { default: pg } = await import('pg');
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query('select count(*)::int as count from holdfast.sightings');
    assert.deepEqual(rows, [{ count: tagsPerBatch }]);
    await client.end();
  });

  it('that is not there is named without its password', async () => {
    await assert.rejects(
      PostgresLedger.open('postgres://me:secret@127.0.0.1:1/ledger?password=secret'),
      (error) => {
        assert.match(String(error), /the ledger postgres:\/\/me@127\.0\.0\.1:1\/ledger failed/);
        return isPasswordHidden(error) && !String(error).includes('secret');
      },
    );
  });

  it('that is no URL is refused without showing it', async () => {
    await assert.rejects(PostgresLedger.open('postgres://me:secret@:x:y'), (error) => {
      assert.match(String(error), /the location of the ledger is no URL/);
      return !String(error).includes('secret');
    });
  });

  it('that refuses the password is named without it', async () => {
    postgres ??= await startPostgres();
    const url = (await postgres.createDatabase()).replace('secret-of-the-test', 'wrong-secret');
    await assert.rejects(PostgresLedger.open(url), (error) => {
      assert.match(String(error), /password authentication failed/);
      return isPasswordHidden(error) && !String(error).includes('secret');
    });
  });
});
