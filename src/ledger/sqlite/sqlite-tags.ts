import type { EpochMs } from '../../clock.ts';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import type { Presence } from '../ledger.ts';
import type { ScanRecord, Watch } from '../scan-ledger.ts';
import { repositoryFromRow } from '../stored-repository.ts';
import { scanFromRow } from '../stored-scan.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { repositoryIdOf } from './sqlite-sightings.ts';

const ofRepository = 'repository_id = (select id from repositories where name = ?)';

export function listPresences(
  database: SqliteDatabase,
  repository: Repository,
  tag: Tag,
): readonly Presence[] {
  const rows = database.all(
    `select appeared_at, gone_at from presences where ${ofRepository} and tag = ? order by appeared_at`,
    repositoryName(repository),
    tag,
  );
  return rows.map((row) => ({
    appearedAt: Number(row['appeared_at']),
    goneAt: row['gone_at'] === null ? undefined : Number(row['gone_at']),
  }));
}

export function listFirstSeen(
  database: SqliteDatabase,
  repository: Repository,
  tags: readonly Tag[],
): ReadonlyMap<Tag, EpochMs> {
  // In the order of the tags, null for those never listed: one text is five times as fast as rows.
  const row = database.get(
    `select json_group_array(first_seen_at) as instants from (
       select (select min(appeared_at) from presences where ${ofRepository} and tag = value) as first_seen_at
       from json_each(?) order by key limit -1)`,
    repositoryName(repository),
    JSON.stringify(tags),
  );
  const instants: unknown = JSON.parse(String(row?.['instants']));
  const firstSeen = new Map<Tag, EpochMs>();
  for (const [index, tag] of tags.entries()) {
    const instant: unknown = Array.isArray(instants) ? instants[index] : undefined;
    if (typeof instant === 'number') firstSeen.set(tag, instant);
  }
  return firstSeen;
}

export function listRepositoriesEnding(
  database: SqliteDatabase,
  ending: string,
  limit: number,
): readonly Repository[] {
  const rows = database.all(
    'select name from repositories where substr(name, -length(?)) = ? order by name limit ?',
    ending,
    ending,
    limit,
  );
  return rows.map(repositoryFromRow);
}

export function readGeneration(database: SqliteDatabase, repository: Repository): number {
  const row = database.get('select revision from repositories where name = ?', repositoryName(repository));
  return Number(row?.['revision'] ?? 0);
}

export function listScans(
  database: SqliteDatabase,
  repository: Repository,
  limit: number,
): readonly ScanRecord[] {
  const rows = database.all(
    `select * from scans where ${ofRepository} order by id desc limit ?`,
    repositoryName(repository),
    limit,
  );
  return rows.map(scanFromRow);
}

/** The last scan that saw a whole list, complete or suspect. */
export function findWholeScan(database: SqliteDatabase, repository: Repository): ScanRecord | undefined {
  const row = database.get(
    `select * from scans where ${ofRepository} and outcome <> 'partial' order by id desc limit 1`,
    repositoryName(repository),
  );
  return row && scanFromRow(row);
}

export function listTags(
  database: SqliteDatabase,
  repository: Repository,
  after: Tag | undefined,
  limit: number,
): readonly Tag[] {
  return database.tags(
    `select tag from presences where ${ofRepository} and gone_at is null and tag > ? order by tag limit ?`,
    repositoryName(repository),
    after ?? '',
    limit,
  );
}

/** Listed tags that were observed, or selected by the newest revision of any selection. */
export function listFollowedTags(
  database: SqliteDatabase,
  repository: Repository,
  after: Tag | undefined,
  limit: number,
): readonly Tag[] {
  return database.tags(
    `select tag from presences where ${ofRepository} and gone_at is null and tag > ?
       and (exists (select 1 from observed_tags as observed
                    where observed.repository_id = presences.repository_id and observed.tag = presences.tag)
         or exists (select 1 from selections as selected
                    where selected.repository_id = presences.repository_id and selected.tag = presences.tag
                      and revision = (select max(revision) from selections where name = selected.name)))
     order by tag limit ?`,
    repositoryName(repository),
    after ?? '',
    limit,
  );
}

export function listWatches(database: SqliteDatabase, repository: Repository): readonly Watch[] {
  const rows = database.all(
    `select pattern, added_at from watches where ${ofRepository} order by pattern`,
    repositoryName(repository),
  );
  return rows.map((row) => ({ pattern: String(row['pattern']), addedAt: Number(row['added_at']) }));
}

/** Adds a pattern, or removes it where `addedAt` is undefined. */
export function writeWatch(
  database: SqliteDatabase,
  repository: Repository,
  pattern: string,
  addedAt: number | undefined,
): void {
  const repositoryId = repositoryIdOf(database, repository);
  if (addedAt === undefined) {
    database.run('delete from watches where repository_id = ? and pattern = ?', repositoryId, pattern);
  } else {
    database.run(
      'insert into watches (repository_id, pattern, added_at) values (?, ?, ?) on conflict do nothing',
      repositoryId,
      pattern,
      addedAt,
    );
  }
}
