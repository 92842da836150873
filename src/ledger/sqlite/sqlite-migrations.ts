import { LedgerError } from '../errors.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/**
 * Each entry brings the schema from the version before it to the next. Forward only: an entry that was
 * released is never edited. Digests are raw bytes, instants epoch milliseconds.
 */
const migrations: readonly string[] = [
  `create table repositories (id integer primary key, name text not null unique) strict;
   create table digests (id integer primary key, digest blob not null unique) strict;
   create table observed_tags (
     id integer primary key,
     repository_id integer not null references repositories,
     tag text not null,
     unique (repository_id, tag)
   ) strict;
   create table sightings (
     tag_id integer not null references observed_tags,
     observed_at integer not null,
     digest_id integer not null references digests,
     source integer not null,
     primary key (tag_id, observed_at, digest_id, source)
   ) strict, without rowid;`,
];

/** The schema this Holdfast writes. */
export const latestVersion = migrations.length;

/** Brings the schema to the newest version and runs `also`, both or neither. */
export function migrate(database: SqliteDatabase, also = ''): void {
  if (versionOf(database) === latestVersion) return;
  database.transaction(() => {
    const version = versionOf(database);
    if (version > latestVersion) {
      throw new LedgerError(
        'LEDGER_TOO_NEW',
        `the ledger ${database.location} has schema ${version}, this Holdfast knows schemas up to ${latestVersion}`,
        { hint: 'use the newer Holdfast that wrote it, or name another file with --ledger FILE' },
      );
    }
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`pragma user_version = ${latestVersion}; ${also}`);
  });
}

function versionOf(database: SqliteDatabase): number {
  return Number(database.get('pragma user_version')?.['user_version']);
}
