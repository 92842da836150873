import type { Digest } from '../../reference/digest.ts';
import type { ImageRelation } from '../image-contents.ts';
import type { RelatedDigest } from '../ledger.ts';
import { digestFromBytes, digestToBytes } from '../stored-digest.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { digestIdOf } from './sqlite-sightings.ts';

/** Writes inside the caller's transaction. A platform once known is not forgotten. */
export function writeRelations(database: SqliteDatabase, relations: readonly ImageRelation[]): void {
  for (const { holder, part, platform } of relations) {
    database.run(
      `insert into relations (holder_id, part_id, platform) values (?, ?, ?)
       on conflict do update set platform = coalesce(excluded.platform, platform)`,
      digestIdOf(database, holder),
      digestIdOf(database, part),
      platform ?? null,
    );
  }
}

/** Upwards and downwards by themselves: two manifests of one index are not each other's relatives. */
export function findRelated(database: SqliteDatabase, digest: Digest): readonly RelatedDigest[] {
  const rows = database.all(
    `with recursive
       asked(id) as (select id from digests where digest = ?),
       holders(id) as (
         select holder_id from relations join asked on part_id = asked.id
         union select holder_id from relations join holders on part_id = holders.id),
       parts(id, platform) as (
         select part_id, platform from relations join asked on holder_id = asked.id
         union select part_id, coalesce(relations.platform, parts.platform)
               from relations join parts on holder_id = parts.id)
     select 'holder' as relation, digest, null as platform from holders join digests using (id)
     union all select 'part', digest, platform from parts join digests using (id)
     order by 1, 2, 3`,
    digestToBytes(digest),
  );
  return rows.map((row) => ({
    digest: digestFromBytes(row['digest']),
    relation: row['relation'] === 'holder' ? 'holder' : 'part',
    platform: typeof row['platform'] === 'string' ? row['platform'] : undefined,
  }));
}
