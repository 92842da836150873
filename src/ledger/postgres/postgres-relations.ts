import type { Digest } from '../../reference/digest.ts';
import type { ImageRelation } from '../image-contents.ts';
import type { RelatedDigest } from '../ledger.ts';
import { digestFromBytes, digestToBytes } from '../stored-digest.ts';
import type { PostgresSession } from './postgres-database.ts';
import { addDigests } from './postgres-sightings.ts';

/** Writes inside the caller's transaction. A platform once known is not forgotten. */
export async function writeRelations(
  session: PostgresSession,
  relations: readonly ImageRelation[],
): Promise<void> {
  if (relations.length === 0) return;
  await addDigests(
    session,
    relations.flatMap(({ holder, part }) => [holder, part]),
  );
  await session.run(
    `insert into relations (holder_id, part_id, platform)
     select holders.id, parts.id, max(given.platform)
     from unnest($1::bytea[], $2::bytea[], $3::text[]) as given(holder, part, platform)
     join digests as holders on holders.digest = given.holder
     join digests as parts on parts.digest = given.part
     group by 1, 2 order by 1, 2
     on conflict (holder_id, part_id)
       do update set platform = coalesce(excluded.platform, relations.platform)`,
    [
      relations.map(({ holder }) => digestToBytes(holder)),
      relations.map(({ part }) => digestToBytes(part)),
      relations.map(({ platform }) => platform ?? null),
    ],
  );
}

/** Upwards and downwards by themselves: two manifests of one index are not each other's relatives. */
export async function findRelated(
  session: PostgresSession,
  digest: Digest,
): Promise<readonly RelatedDigest[]> {
  const rows = await session.query(
    `with recursive
       asked(id) as (select id from digests where digest = $1),
       holders(id) as (
         select holder_id from relations where part_id in (select id from asked)
         union select holder_id from relations join holders on part_id = holders.id),
       parts(id, platform) as (
         select part_id, platform from relations where holder_id in (select id from asked)
         union select part_id, coalesce(relations.platform, parts.platform)
               from relations join parts on holder_id = parts.id)
     select 'holder' as relation, digest, null as platform from holders join digests using (id)
     union all select 'part', digest, platform from parts join digests using (id)
     order by 1, 2, 3`,
    [digestToBytes(digest)],
  );
  return rows.map((row) => ({
    digest: digestFromBytes(row['digest']),
    relation: row['relation'] === 'holder' ? 'holder' : 'part',
    platform: typeof row['platform'] === 'string' ? row['platform'] : undefined,
  }));
}
