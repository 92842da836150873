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
import { groupByTag, sourceFromNumber } from '../stored-sighting.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** Every sighting of a tag that is kept. */
export function readSightings(
  database: SqliteDatabase,
  repository: Repository,
  tag: Tag,
): readonly TagSighting[] {
  const rows = database.all(
    `select observed_at, digest, source from sightings
     join digests on digests.id = digest_id
     join observed_tags on observed_tags.id = tag_id
     join repositories on repositories.id = repository_id
     where repositories.name = ? and tag = ?`,
    repositoryName(repository),
    tag,
  );
  return rows.map((row) => ({
    observedAt: Number(row['observed_at']),
    digest: digestFromBytes(row['digest']),
    source: sourceFromNumber(row['source']),
  }));
}

/** Writes inside the caller's transaction; answers the moves that were not known before. */
export function writeSightings(database: SqliteDatabase, sightings: readonly Sighting[]): readonly Move[] {
  return groupByTag(sightings).flatMap((group) => {
    const before = readSightings(database, group.repository, group.tag);
    const tagId = tagIdOf(database, group.repository, group.tag);
    for (const sighting of group.sightings) insertSighting(database, tagId, sighting);
    const after = [...before, ...group.sightings];
    for (const sighting of dispensableSightings(after)) deleteSighting(database, tagId, sighting);
    return revealedMoves(movesOf(group, observationsOf(before)), movesOf(group, observationsOf(after)));
  });
}

export function repositoryIdOf(database: SqliteDatabase, repository: Repository): number {
  const name = repositoryName(repository);
  database.run('insert into repositories (name) values (?) on conflict do nothing', name);
  return Number(database.get('select id from repositories where name = ?', name)?.['id']);
}

export function digestIdOf(database: SqliteDatabase, digest: Digest): number {
  const bytes = digestToBytes(digest);
  database.run('insert into digests (digest) values (?) on conflict do nothing', bytes);
  return Number(database.get('select id from digests where digest = ?', bytes)?.['id']);
}

function tagIdOf(database: SqliteDatabase, repository: Repository, tag: Tag): number {
  const repositoryId = repositoryIdOf(database, repository);
  database.run(
    'insert into observed_tags (repository_id, tag) values (?, ?) on conflict do nothing',
    repositoryId,
    tag,
  );
  const row = database.get(
    'select id from observed_tags where repository_id = ? and tag = ?',
    repositoryId,
    tag,
  );
  return Number(row?.['id']);
}

function insertSighting(database: SqliteDatabase, tagId: number, sighting: TagSighting): void {
  database.run(
    `insert into sightings (tag_id, observed_at, digest_id, source)
     values (?, ?, ?, ?) on conflict do nothing`,
    tagId,
    sighting.observedAt,
    digestIdOf(database, sighting.digest),
    observationSources.indexOf(sighting.source),
  );
}

function deleteSighting(database: SqliteDatabase, tagId: number, sighting: TagSighting): void {
  database.run(
    `delete from sightings where tag_id = ? and observed_at = ? and source = ?
     and digest_id = (select id from digests where digest = ?)`,
    tagId,
    sighting.observedAt,
    observationSources.indexOf(sighting.source),
    digestToBytes(sighting.digest),
  );
}
