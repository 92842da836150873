import type { Digest } from '../../reference/digest.ts';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import {
  dispensableSightings,
  movesOf,
  observationSources,
  observationsOf,
  revealedMoves,
  type TagSighting,
} from '../history.ts';
import type { Move, Sighting } from '../ledger.ts';
import { digestFromBytes, digestToBytes } from '../stored-digest.ts';
import { groupByTag, type SightingGroup, sourceFromNumber } from '../stored-sighting.ts';
import type { PostgresRow, PostgresSession } from './postgres-database.ts';

/** Every sighting of a tag that is kept. */
export async function readSightings(
  session: PostgresSession,
  repository: Repository,
  tag: Tag,
): Promise<readonly TagSighting[]> {
  const rows = await session.query(
    `select observed_at, digest, source from sightings
     join digests on digests.id = digest_id
     join observed_tags on observed_tags.id = tag_id
     join repositories on repositories.id = repository_id
     where repositories.name = $1 and tag = $2`,
    [repositoryName(repository), tag],
  );
  return rows.map(sightingFromRow);
}

/**
 * Writes inside the caller's transaction; answers the moves that were not known before. The tags' rows are
 * locked first and in one order, so that of two writers the second sees what the first wrote.
 */
export async function writeSightings(
  session: PostgresSession,
  sightings: readonly Sighting[],
): Promise<readonly Move[]> {
  const groups = groupByTag(sightings);
  if (groups.length === 0) return [];
  const ids = await lockTags(session, groups);
  await addDigests(
    session,
    sightings.map((sighting) => sighting.digest),
  );
  const known = await readByTag(session, ids);
  await insertSightings(session, groups, ids);
  const dispensable: { readonly id: string; readonly sighting: TagSighting }[] = [];
  const moves = groups.flatMap((group, index) => {
    const id = ids[index] ?? '';
    const before = known.get(id) ?? [];
    const after = [...before, ...group.sightings];
    dispensable.push(...dispensableSightings(after).map((sighting) => ({ id, sighting })));
    return revealedMoves(movesOf(group, observationsOf(before)), movesOf(group, observationsOf(after)));
  });
  await deleteSightings(session, dispensable);
  return moves;
}

export async function repositoryIdOf(session: PostgresSession, repository: Repository): Promise<string> {
  const name = repositoryName(repository);
  await session.run('insert into repositories (name) values ($1) on conflict do nothing', [name]);
  const [row] = await session.query('select id from repositories where name = $1', [name]);
  return String(row?.['id']);
}

/** Makes sure that every digest has a row, in one order for every writer. */
export async function addDigests(session: PostgresSession, digests: readonly Digest[]): Promise<void> {
  await session.run(
    `insert into digests (digest)
     select digest from unnest($1::bytea[]) as given(digest)
     where not exists (select 1 from digests where digests.digest = given.digest)
     group by digest order by digest on conflict do nothing`,
    [digests.map(digestToBytes)],
  );
}

async function lockTags(
  session: PostgresSession,
  groups: readonly SightingGroup[],
): Promise<readonly string[]> {
  const names = groups.map((group) => repositoryName(group.repository));
  const tags = groups.map((group) => group.tag);
  await session.run(
    `insert into repositories (name)
     select name from unnest($1::text[]) as given(name)
     where not exists (select 1 from repositories where repositories.name = given.name)
     group by name order by name on conflict do nothing`,
    [names],
  );
  const given = `unnest($1::text[], $2::text[]) as given(name, tag)
    join repositories on repositories.name = given.name`;
  await session.run(
    `insert into observed_tags (repository_id, tag)
     select repositories.id, given.tag from ${given}
     where not exists (select 1 from observed_tags as known
                       where known.repository_id = repositories.id and known.tag = given.tag)
     order by 1, 2 on conflict do nothing`,
    [names, tags],
  );
  const rows = await session.query(
    `select observed_tags.id, given.name, given.tag from ${given}
     join observed_tags on observed_tags.repository_id = repositories.id and observed_tags.tag = given.tag
     order by observed_tags.id for update of observed_tags`,
    [names, tags],
  );
  const ids = new Map(rows.map((row) => [`${String(row['name'])}:${String(row['tag'])}`, String(row['id'])]));
  return groups.map((group) => ids.get(`${repositoryName(group.repository)}:${group.tag}`) ?? '');
}

async function readByTag(
  session: PostgresSession,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly TagSighting[]>> {
  const rows = await session.query(
    `select tag_id, observed_at, digest, source from sightings
     join digests on digests.id = digest_id where tag_id = any($1::bigint[])`,
    [ids],
  );
  const byTag = new Map<string, TagSighting[]>();
  for (const row of rows) {
    const id = String(row['tag_id']);
    const sightings = byTag.get(id) ?? [];
    sightings.push(sightingFromRow(row));
    byTag.set(id, sightings);
  }
  return byTag;
}

async function insertSightings(
  session: PostgresSession,
  groups: readonly SightingGroup[],
  ids: readonly string[],
): Promise<void> {
  const rows = groups.flatMap((group, index) =>
    group.sightings.map((sighting) => ({ id: ids[index] ?? '', sighting })),
  );
  await session.run(
    `insert into sightings (tag_id, observed_at, digest_id, source)
     select tag_id, observed_at, digests.id, source
     from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::smallint[])
       as given(tag_id, observed_at, digest, source)
     join digests on digests.digest = given.digest
     on conflict do nothing`,
    columns(rows),
  );
}

async function deleteSightings(
  session: PostgresSession,
  rows: readonly { readonly id: string; readonly sighting: TagSighting }[],
): Promise<void> {
  if (rows.length === 0) return;
  await session.run(
    `delete from sightings using unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::smallint[])
       as given(tag_id, observed_at, digest, source)
     join digests on digests.digest = given.digest
     where sightings.tag_id = given.tag_id and sightings.observed_at = given.observed_at
       and sightings.digest_id = digests.id and sightings.source = given.source`,
    columns(rows),
  );
}

function columns(
  rows: readonly { readonly id: string; readonly sighting: TagSighting }[],
): readonly unknown[] {
  return [
    rows.map((row) => row.id),
    rows.map((row) => row.sighting.observedAt),
    rows.map((row) => digestToBytes(row.sighting.digest)),
    rows.map((row) => observationSources.indexOf(row.sighting.source)),
  ];
}

function sightingFromRow(row: PostgresRow): TagSighting {
  return {
    observedAt: Number(row['observed_at']),
    digest: digestFromBytes(row['digest']),
    source: sourceFromNumber(row['source']),
  };
}
