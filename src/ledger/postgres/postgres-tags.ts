import type { EpochMs } from '../../clock.ts';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import { parseTag, type Tag } from '../../reference/tag.ts';
import type { Presence } from '../ledger.ts';
import type { ScanRecord, Watch } from '../scan-ledger.ts';
import { repositoryFromRow } from '../stored-repository.ts';
import { scanFromRow } from '../stored-scan.ts';
import type { PostgresSession } from './postgres-database.ts';
import { repositoryIdOf } from './postgres-sightings.ts';

const ofRepository = 'repository_id = (select id from repositories where name = $1)';

export async function listPresences(
  session: PostgresSession,
  repository: Repository,
  tag: Tag,
): Promise<readonly Presence[]> {
  const rows = await session.query(
    `select appeared_at, gone_at from presences where ${ofRepository} and tag = $2 order by appeared_at`,
    [repositoryName(repository), tag],
  );
  return rows.map((row) => ({
    appearedAt: Number(row['appeared_at']),
    goneAt: row['gone_at'] === null ? undefined : Number(row['gone_at']),
  }));
}

export async function listFirstSeen(
  session: PostgresSession,
  repository: Repository,
  tags: readonly Tag[],
): Promise<ReadonlyMap<Tag, EpochMs>> {
  const rows = await session.query(
    `select tag, min(appeared_at) as first_seen_at from presences
     where ${ofRepository} and tag = any($2::text[]) group by tag`,
    [repositoryName(repository), tags],
  );
  return new Map(rows.map((row) => [parseTag(String(row['tag'])), Number(row['first_seen_at'])]));
}

export async function listRepositoriesEnding(
  session: PostgresSession,
  ending: string,
  limit: number,
): Promise<readonly Repository[]> {
  const rows = await session.query(
    'select name from repositories where right(name, length($1::text)) = $1::text order by name limit $2',
    [ending, limit],
  );
  return rows.map(repositoryFromRow);
}

export async function readGeneration(session: PostgresSession, repository: Repository): Promise<number> {
  const [row] = await session.query('select revision from repositories where name = $1', [
    repositoryName(repository),
  ]);
  return Number(row?.['revision'] ?? 0);
}

export async function listScans(
  session: PostgresSession,
  repository: Repository,
  limit: number,
): Promise<readonly ScanRecord[]> {
  const rows = await session.query(`select * from scans where ${ofRepository} order by id desc limit $2`, [
    repositoryName(repository),
    limit,
  ]);
  return rows.map(scanFromRow);
}

/** The last scan that saw a whole list, complete or suspect. */
export async function findWholeScan(
  session: PostgresSession,
  repository: Repository,
): Promise<ScanRecord | undefined> {
  const [row] = await session.query(
    `select * from scans where ${ofRepository} and outcome <> 'partial' order by id desc limit 1`,
    [repositoryName(repository)],
  );
  return row && scanFromRow(row);
}

/** Listed tags after one and up to another, both of which may be open. */
export async function listTags(
  session: PostgresSession,
  repository: Repository,
  range: { readonly after: Tag | undefined; readonly through: Tag | undefined; readonly limit: number },
): Promise<readonly Tag[]> {
  // The tilde is above every character of a tag.
  const rows = await session.query(
    `select tag from presences where ${ofRepository} and gone_at is null and tag > $2 and tag <= $3
     order by tag limit $4`,
    [repositoryName(repository), range.after ?? '', range.through ?? '~', range.limit],
  );
  return rows.map((row) => parseTag(String(row['tag'])));
}

/** Listed tags that were observed, or selected by the newest revision of any selection. */
export async function listFollowedTags(
  session: PostgresSession,
  repository: Repository,
  after: Tag | undefined,
  limit: number,
): Promise<readonly Tag[]> {
  const rows = await session.query(
    `select tag from presences where ${ofRepository} and gone_at is null and tag > $2
       and (exists (select 1 from observed_tags as observed
                    where observed.repository_id = presences.repository_id and observed.tag = presences.tag)
         or exists (select 1 from selections as selected
                    where selected.repository_id = presences.repository_id and selected.tag = presences.tag
                      and revision = (select max(revision) from selections where name = selected.name)))
     order by tag limit $3`,
    [repositoryName(repository), after ?? '', limit],
  );
  return rows.map((row) => parseTag(String(row['tag'])));
}

export async function listWatches(
  session: PostgresSession,
  repository: Repository,
): Promise<readonly Watch[]> {
  const rows = await session.query(
    `select pattern, added_at from watches where ${ofRepository} order by pattern`,
    [repositoryName(repository)],
  );
  return rows.map((row) => ({ pattern: String(row['pattern']), addedAt: Number(row['added_at']) }));
}

/** Adds a pattern, or removes it where `addedAt` is undefined. */
export async function writeWatch(
  session: PostgresSession,
  repository: Repository,
  pattern: string,
  addedAt: number | undefined,
): Promise<void> {
  const repositoryId = await repositoryIdOf(session, repository);
  if (addedAt === undefined) {
    await session.run('delete from watches where repository_id = $1 and pattern = $2', [
      repositoryId,
      pattern,
    ]);
  } else {
    await session.run(
      'insert into watches (repository_id, pattern, added_at) values ($1, $2, $3) on conflict do nothing',
      [repositoryId, pattern, addedAt],
    );
  }
}
