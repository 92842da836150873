import { type Repository, repositoryName } from '../../reference/repository.ts';
import { parseTag, type Tag } from '../../reference/tag.ts';
import type { OpenScan, ScanFindings, ScanRecord, ScanStart, TagChanges } from '../scan-ledger.ts';
import { isSameMark, marksFromRows } from '../stored-scan.ts';
import type { PostgresConnection, PostgresDatabase, PostgresSession } from './postgres-database.ts';
import { repositoryIdOf } from './postgres-sightings.ts';
import { findWholeScan, listTags } from './postgres-tags.ts';

/** What a staged row is. */
const staged = { appeared: 0, missing: 1, spooled: 2 } as const;

const listedTags = `select tag from presences
  where repository_id = (select id from repositories where name = $1) and gone_at is null`;

/** A scan under way: its findings in a temporary table of a connection of its own. */
export class PostgresScan implements OpenScan {
  readonly start: ScanStart;
  readonly #connection: PostgresConnection;
  readonly #repository: Repository;
  readonly #scansKept: number;
  #isOpen = true;

  private constructor(connection: PostgresConnection, { repository, scansKept, start }: Opened) {
    this.#connection = connection;
    this.#repository = repository;
    this.#scansKept = scansKept;
    this.start = start;
  }

  static async open(
    database: PostgresDatabase,
    repository: Repository,
    scansKept: number,
  ): Promise<PostgresScan> {
    const connection = await database.connect();
    try {
      await connection.run(
        `create temporary table staged (kind smallint, tag text collate "C", primary key (kind, tag))`,
      );
      const start = await readStart(connection, repository);
      return new PostgresScan(connection, { repository, scansKept, start });
    } catch (error) {
      connection.discard();
      throw error;
    }
  }

  async listPresent(
    after: Tag | undefined,
    through: Tag | undefined,
    limit: number,
  ): Promise<readonly Tag[]> {
    return listTags(this.#connection, this.#repository, { after, through, limit });
  }

  async stage(changes: TagChanges): Promise<void> {
    await this.#insert(staged.appeared, changes.appeared);
    await this.#insert(staged.missing, changes.missing);
  }

  async beginSpool(through: Tag | undefined): Promise<void> {
    await this.#connection.run(
      `insert into staged (kind, tag)
       select ${staged.spooled}, tag from (
         ${listedTags} and tag <= $2 and tag not in (select tag from staged where kind = ${staged.missing})
         union select tag from staged where kind = ${staged.appeared}) as seen`,
      [repositoryName(this.#repository), through ?? ''],
    );
    await this.#connection.run(`delete from staged where kind in (${staged.appeared}, ${staged.missing})`);
  }

  async spool(tags: readonly Tag[]): Promise<void> {
    await this.#insert(staged.spooled, tags);
  }

  async endSpool(): Promise<void> {
    const spooled = `select tag from staged where kind = ${staged.spooled}`;
    for (const [kind, difference] of [
      [staged.appeared, `${spooled} except ${listedTags}`],
      [staged.missing, `${listedTags} except ${spooled}`],
    ] as const) {
      await this.#connection.run(
        `insert into staged (kind, tag) select ${kind}, tag from (${difference}) as difference`,
        [repositoryName(this.#repository)],
      );
    }
  }

  async countStaged(): Promise<{ readonly appeared: number; readonly missing: number }> {
    return {
      appeared: await this.#count(staged.appeared),
      missing: await this.#count(staged.missing),
    };
  }

  async sampleMissing(limit: number, shift = 0): Promise<readonly Tag[]> {
    const step = Math.max(1, Math.ceil((await this.#count(staged.missing)) / limit));
    const rows = await this.#connection.query(
      `select tag from (select tag, row_number() over (order by tag) - 1 as position
                        from staged where kind = ${staged.missing}) as missing
       where position % $1::bigint = $2::bigint order by tag`,
      [step, shift % step],
    );
    return rows.map((row) => parseTag(String(row['tag'])));
  }

  async sampleAppeared(limit: number): Promise<readonly Tag[]> {
    const rows = await this.#connection.query(
      `select tag from staged where kind = ${staged.appeared} order by tag limit $1`,
      [limit],
    );
    return rows.map((row) => parseTag(String(row['tag'])));
  }

  async complete(record: ScanRecord, findings: ScanFindings): Promise<'recorded' | 'overtaken'> {
    return this.#connection.transaction(async (session) => {
      const repositoryId = await repositoryIdOf(session, this.#repository);
      const [row] = await session.query('select revision from repositories where id = $1 for update', [
        repositoryId,
      ]);
      if (Number(row?.['revision']) !== this.start.generation) return 'overtaken';
      const appeared = await writeAppeared(session, repositoryId, record);
      const gone = await writeGone(session, repositoryId, record, findings);
      await this.#writeMarks(session, repositoryId, findings);
      await session.run(
        `update repositories set revision = revision + $2, tag_count = tag_count + $3, sorted = $4,
           read_whole_at = $5 where id = $1`,
        [repositoryId, appeared + gone === 0 ? 0 : 1, appeared - gone, findings.sorted, findings.readWholeAt],
      );
      await this.#writeRecord(session, repositoryId, record);
      return 'recorded';
    });
  }

  async abandon(record: ScanRecord): Promise<void> {
    await this.#connection.transaction(async (session) =>
      this.#writeRecord(session, await repositoryIdOf(session, this.#repository), record),
    );
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await this.#connection.run('drop table if exists pg_temp.staged');
      this.#connection.release();
    } catch (error) {
      // The next scan must not find the table of this one.
      this.#connection.discard();
      throw error;
    }
  }

  async #insert(kind: number, tags: readonly Tag[]): Promise<void> {
    if (tags.length === 0) return;
    await this.#connection.run(
      'insert into staged (kind, tag) select $1::smallint, tag from unnest($2::text[]) as given(tag) on conflict do nothing',
      [kind, tags],
    );
  }

  async #writeMarks(session: PostgresSession, repositoryId: string, findings: ScanFindings): Promise<void> {
    const known = await readMarks(session, this.#repository);
    const length = Math.max(known.length, findings.marks.length);
    const changed = Array.from({ length }, (_, position) => ({
      position,
      mark: findings.marks[position],
    })).filter(({ position, mark }) => !isSameMark(mark, known[position]));
    const written = changed.flatMap(({ position, mark }) =>
      mark === undefined ? [] : [{ position, ...mark }],
    );
    await session.run('delete from page_marks where repository_id = $1 and position = any($2::integer[])', [
      repositoryId,
      changed.map(({ position }) => position),
    ]);
    await session.run(
      `insert into page_marks (repository_id, position, fingerprint, first_tag, last_tag, tag_count)
       select $1, * from unnest($2::integer[], $3::bytea[], $4::text[], $5::text[], $6::bigint[])`,
      [
        repositoryId,
        written.map((mark) => mark.position),
        written.map((mark) => Buffer.from(mark.fingerprint, 'hex')),
        written.map((mark) => mark.firstTag),
        written.map((mark) => mark.lastTag),
        written.map((mark) => mark.tagCount),
      ],
    );
  }

  async #writeRecord(session: PostgresSession, repositoryId: string, record: ScanRecord): Promise<void> {
    await writeRecord(session, repositoryId, record);
    await session.run(
      `delete from scans where repository_id = $1 and id <=
         (select id from scans where repository_id = $1 order by id desc limit 1 offset $2)`,
      [repositoryId, this.#scansKept],
    );
  }

  async #count(kind: number): Promise<number> {
    const [row] = await this.#connection.query('select count(*) as count from staged where kind = $1', [
      kind,
    ]);
    return Number(row?.['count']);
  }
}

type Opened = {
  readonly repository: Repository;
  readonly scansKept: number;
  readonly start: ScanStart;
};

async function readStart(session: PostgresSession, repository: Repository): Promise<ScanStart> {
  const [known] = await session.query('select * from repositories where name = $1', [
    repositoryName(repository),
  ]);
  const readWholeAt = known?.['read_whole_at'] ?? undefined;
  const start: ScanStart = {
    tagCount: Number(known?.['tag_count'] ?? 0),
    generation: Number(known?.['revision'] ?? 0),
    sorted: known?.['sorted'] !== false,
    marks: await readMarks(session, repository),
    readWholeAt: readWholeAt === undefined ? undefined : Number(readWholeAt),
    previous: await findWholeScan(session, repository),
  };
  return start;
}

async function readMarks(session: PostgresSession, repository: Repository): Promise<ScanStart['marks']> {
  return marksFromRows(
    await session.query(
      `select * from page_marks where repository_id = (select id from repositories where name = $1)
       order by position`,
      [repositoryName(repository)],
    ),
  );
}

/** A clock that went back may give an appearance the instant of an earlier one: then that one goes on. */
async function writeAppeared(
  session: PostgresSession,
  repositoryId: string,
  record: ScanRecord,
): Promise<number> {
  return session.run(
    `insert into presences (repository_id, tag, appeared_at)
     select $1::bigint, tag, $2::bigint from staged where kind = ${staged.appeared} order by tag
     on conflict (repository_id, tag, appeared_at) do update set gone_at = null`,
    [repositoryId, record.startedAt],
  );
}

async function writeGone(
  session: PostgresSession,
  repositoryId: string,
  record: ScanRecord,
  findings: ScanFindings,
): Promise<number> {
  const write = `update presences set gone_at = greatest($2::bigint, appeared_at)
     where repository_id = $1 and gone_at is null`;
  if (findings.gone === 'missing') {
    return session.run(`${write} and tag in (select tag from staged where kind = ${staged.missing})`, [
      repositoryId,
      record.startedAt,
    ]);
  }
  return session.run(`${write} and tag = any($3::text[])`, [repositoryId, record.startedAt, findings.gone]);
}

async function writeRecord(
  session: PostgresSession,
  repositoryId: string,
  record: ScanRecord,
): Promise<void> {
  await session.run(
    `insert into scans (repository_id, outcome, started_at, ended_at, tag_count, pages, page_size, requests, error,
       doubted_since, names_asked_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      repositoryId,
      record.outcome,
      record.startedAt,
      record.endedAt,
      record.tagCount,
      record.pages,
      record.pageSize,
      record.requests,
      record.error ?? null,
      record.doubt?.since ?? null,
      record.doubt?.askedAt ?? null,
    ],
  );
}
