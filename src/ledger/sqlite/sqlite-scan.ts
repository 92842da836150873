import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import type { OpenScan, ScanFindings, ScanRecord, ScanStart, TagChanges } from '../scan-ledger.ts';
import { isSameMark, marksFromRows } from '../stored-scan.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { SqliteGroupCommit } from './sqlite-group-commit.ts';
import { repositoryIdOf } from './sqlite-sightings.ts';
import { findWholeScan } from './sqlite-tags.ts';

/** What a staged row is. */
const staged = { appeared: 0, missing: 1, spooled: 2 } as const;

/** What scans of one file have in common. */
export type SqliteScanPlace = {
  readonly database: SqliteDatabase;
  readonly writes: SqliteGroupCommit;
  readonly scansKept: number;
};

/**
 * A scan under way, its findings in a temporary table: that is a file of this connection alone, so a slow
 * registry never makes other writers wait, and memory stays small.
 */
export class SqliteScan implements OpenScan {
  readonly start: ScanStart;
  readonly #database: SqliteDatabase;
  readonly #writes: SqliteGroupCommit;
  readonly #scansKept: number;
  readonly #repository: Repository;
  readonly #scan: number;

  constructor({ database, writes, scansKept }: SqliteScanPlace, repository: Repository) {
    this.#database = database;
    this.#writes = writes;
    this.#scansKept = scansKept;
    this.#repository = repository;
    database.exec(
      `create temporary table if not exists staged (
         scan integer not null, kind integer not null, tag text not null, primary key (scan, kind, tag)
       ) strict, without rowid;
       create temporary table if not exists open_scans (scan integer primary key);`,
    );
    database.run('insert into temp.open_scans default values');
    this.#scan = Number(database.get('select max(scan) as scan from temp.open_scans')?.['scan']);
    const known = database.get('select * from repositories where name = ?', repositoryName(repository));
    this.start = {
      tagCount: Number(known?.['tag_count'] ?? 0),
      generation: Number(known?.['revision'] ?? 0),
      sorted: known?.['sorted'] !== 0,
      marks: this.#readMarks(),
      readWholeAt: typeof known?.['read_whole_at'] === 'number' ? known['read_whole_at'] : undefined,
      previous: findWholeScan(database, repository),
    };
  }

  async listPresent(
    after: Tag | undefined,
    through: Tag | undefined,
    limit: number,
  ): Promise<readonly Tag[]> {
    // The tilde is above every character of a tag.
    return this.#database.tags(
      `select tag from presences where repository_id = (select id from repositories where name = ?)
       and gone_at is null and tag > ? and tag <= ? order by tag limit ?`,
      repositoryName(this.#repository),
      after ?? '',
      through ?? '~',
      limit,
    );
  }

  async stage(changes: TagChanges): Promise<void> {
    this.#insert(staged.appeared, changes.appeared);
    this.#insert(staged.missing, changes.missing);
  }

  async beginSpool(through: Tag | undefined): Promise<void> {
    // Plain question marks only: the SQLite of Node 22 takes numbered parameters for named ones.
    this.#database.run(
      `insert into temp.staged (scan, kind, tag)
       select ?, ?, tag from (
         select tag from presences
         where repository_id = (select id from repositories where name = ?) and gone_at is null and tag <= ?
           and tag not in (select tag from temp.staged where scan = ? and kind = ?)
         union select tag from temp.staged where scan = ? and kind = ?)`,
      this.#scan,
      staged.spooled,
      repositoryName(this.#repository),
      through ?? '',
      this.#scan,
      staged.missing,
      this.#scan,
      staged.appeared,
    );
    this.#database.run(
      'delete from temp.staged where scan = ? and kind in (?, ?)',
      this.#scan,
      staged.appeared,
      staged.missing,
    );
  }

  async spool(tags: readonly Tag[]): Promise<void> {
    this.#insert(staged.spooled, tags);
  }

  async endSpool(): Promise<void> {
    const listed = `select tag from presences
      where repository_id = (select id from repositories where name = ?) and gone_at is null`;
    const spooled = 'select tag from temp.staged where scan = ? and kind = ?';
    const name = repositoryName(this.#repository);
    const insert = 'insert into temp.staged (scan, kind, tag) select ?, ?, tag from';
    this.#database.run(
      `${insert} (${spooled} except ${listed})`,
      this.#scan,
      staged.appeared,
      this.#scan,
      staged.spooled,
      name,
    );
    this.#database.run(
      `${insert} (${listed} except ${spooled})`,
      this.#scan,
      staged.missing,
      name,
      this.#scan,
      staged.spooled,
    );
  }

  async countStaged(): Promise<{ readonly appeared: number; readonly missing: number }> {
    return { appeared: this.#count(staged.appeared), missing: this.#count(staged.missing) };
  }

  async sampleMissing(limit: number, shift = 0): Promise<readonly Tag[]> {
    const step = Math.max(1, Math.ceil(this.#count(staged.missing) / limit));
    return this.#database.tags(
      `select tag from (select tag, row_number() over (order by tag) - 1 as position
                        from temp.staged where scan = ? and kind = ?)
       where position % ? = ? order by tag limit ?`,
      this.#scan,
      staged.missing,
      step,
      shift % step,
      limit,
    );
  }

  async sampleAppeared(limit: number): Promise<readonly Tag[]> {
    return this.#database.tags(
      'select tag from temp.staged where scan = ? and kind = ? order by tag limit ?',
      this.#scan,
      staged.appeared,
      limit,
    );
  }

  async complete(record: ScanRecord, findings: ScanFindings): Promise<'recorded' | 'overtaken'> {
    return this.#writes.write(() => {
      const repositoryId = repositoryIdOf(this.#database, this.#repository);
      const row = this.#database.get('select revision from repositories where id = ?', repositoryId);
      if (Number(row?.['revision']) !== this.start.generation) return 'overtaken';
      const gone = this.#writeGone(repositoryId, record, findings);
      const changes = this.#writeAppeared(repositoryId, record) + gone;
      this.#writeMarks(repositoryId, findings);
      this.#database.run(
        `update repositories set revision = revision + ?, tag_count = tag_count + ?, sorted = ?,
           read_whole_at = ? where id = ?`,
        changes === 0 ? 0 : 1,
        this.#count(staged.appeared) - gone,
        findings.sorted ? 1 : 0,
        findings.readWholeAt,
        repositoryId,
      );
      this.#writeRecord(repositoryId, record);
      return 'recorded';
    });
  }

  async abandon(record: ScanRecord): Promise<void> {
    await this.#writes.write(() =>
      this.#writeRecord(repositoryIdOf(this.#database, this.#repository), record),
    );
  }

  async close(): Promise<void> {
    this.#database.run('delete from temp.staged where scan = ?', this.#scan);
    this.#database.run('delete from temp.open_scans where scan = ?', this.#scan);
  }

  #insert(kind: number, tags: readonly Tag[]): void {
    if (tags.length === 0) return;
    this.#database.run(
      `insert into temp.staged (scan, kind, tag) select ?, ?, value from json_each(?)
       where true on conflict do nothing`,
      this.#scan,
      kind,
      JSON.stringify(tags),
    );
  }

  /** A clock that went back may give an appearance the instant of an earlier one: then that one goes on. */
  #writeAppeared(repositoryId: number, record: ScanRecord): number {
    return this.#database.run(
      `insert into presences (repository_id, tag, appeared_at)
       select ?, tag, ? from temp.staged where scan = ? and kind = ? order by tag
       on conflict do update set gone_at = null`,
      repositoryId,
      record.startedAt,
      this.#scan,
      staged.appeared,
    );
  }

  #writeGone(repositoryId: number, record: ScanRecord, findings: ScanFindings): number {
    const write =
      'update presences set gone_at = max(?, appeared_at) where repository_id = ? and gone_at is null';
    if (findings.gone === 'missing') {
      return this.#database.run(
        `${write} and tag in (select tag from temp.staged where scan = ? and kind = ?)`,
        record.startedAt,
        repositoryId,
        this.#scan,
        staged.missing,
      );
    }
    return this.#database.run(
      `${write} and tag in (select value from json_each(?))`,
      record.startedAt,
      repositoryId,
      JSON.stringify(findings.gone),
    );
  }

  #writeMarks(repositoryId: number, findings: ScanFindings): void {
    const known = this.#readMarks();
    for (let position = 0; position < Math.max(known.length, findings.marks.length); position += 1) {
      const mark = findings.marks[position];
      if (isSameMark(mark, known[position])) continue;
      this.#database.run(
        'delete from page_marks where repository_id = ? and position = ?',
        repositoryId,
        position,
      );
      if (mark === undefined) continue;
      this.#database.run(
        `insert into page_marks (repository_id, position, fingerprint, first_tag, last_tag, tag_count)
         values (?, ?, ?, ?, ?, ?)`,
        repositoryId,
        position,
        Buffer.from(mark.fingerprint, 'hex'),
        mark.firstTag,
        mark.lastTag,
        mark.tagCount,
      );
    }
  }

  #writeRecord(repositoryId: number, record: ScanRecord): void {
    this.#database.run(
      `insert into scans (repository_id, outcome, started_at, ended_at, tag_count, pages, page_size, requests, error,
         doubted_since, names_asked_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    );
    this.#database.run(
      `delete from scans where repository_id = ? and id <=
         (select id from scans where repository_id = ? order by id desc limit 1 offset ?)`,
      repositoryId,
      repositoryId,
      this.#scansKept,
    );
  }

  #readMarks(): ScanStart['marks'] {
    const rows = this.#database.all(
      `select * from page_marks where repository_id = (select id from repositories where name = ?)
       order by position`,
      repositoryName(this.#repository),
    );
    return marksFromRows(rows);
  }

  #count(kind: number): number {
    const row = this.#database.get(
      'select count(*) as count from temp.staged where scan = ? and kind = ?',
      this.#scan,
      kind,
    );
    return Number(row?.['count']);
  }
}
