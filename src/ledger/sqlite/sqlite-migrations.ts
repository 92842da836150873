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

  `alter table repositories add column revision integer not null default 0;
   alter table repositories add column tag_count integer not null default 0;
   alter table repositories add column sorted integer not null default 1;
   alter table repositories add column read_whole_at integer;
   create table presences (
     repository_id integer not null references repositories,
     tag text not null,
     appeared_at integer not null,
     gone_at integer,
     primary key (repository_id, tag, appeared_at)
   ) strict, without rowid;
   create table scans (
     id integer primary key,
     repository_id integer not null references repositories,
     outcome text not null,
     started_at integer not null,
     ended_at integer not null,
     tag_count integer not null,
     pages integer not null,
     page_size integer not null,
     requests integer not null,
     error text
   ) strict;
   create index scans_by_repository on scans (repository_id, id);
   create table page_marks (
     repository_id integer not null references repositories,
     position integer not null,
     fingerprint blob not null,
     first_tag text not null,
     last_tag text not null,
     tag_count integer not null,
     primary key (repository_id, position)
   ) strict, without rowid;
   create table relations (
     holder_id integer not null references digests,
     part_id integer not null references digests,
     platform text,
     primary key (holder_id, part_id)
   ) strict, without rowid;
   create index relations_by_part on relations (part_id);
   create table watches (
     repository_id integer not null references repositories,
     pattern text not null,
     added_at integer not null,
     primary key (repository_id, pattern)
   ) strict, without rowid;
   create table selections (
     name text not null,
     revision integer not null,
     repository_id integer not null references repositories,
     tag text not null,
     digest_id integer references digests,
     policy text not null,
     selected_at integer not null,
     selected_by text not null,
     reason text,
     primary key (name, revision)
   ) strict;
   create index selections_by_repository on selections (repository_id, tag);
   create table holds (
     name text primary key,
     tag text,
     reason text not null,
     held_by text not null,
     held_at integer not null,
     expires_at integer
   ) strict;`,

  // Since when a short list was seen without a name that contradicts it, and when names were last asked for.
  `alter table scans add column doubted_since integer;
   alter table scans add column names_asked_at integer;`,
];

/** The schema this Holdfast writes. */
export const latestVersion = migrations.length;

/** Brings the schema to the newest version and runs `also`, both or neither. */
export function migrate(database: SqliteDatabase, also = ''): void {
  if (versionOf(database) === latestVersion) return;
  database.transaction(() => {
    const version = versionOf(database);
    if (version > latestVersion) throw tooNew(database.location, version);
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`pragma user_version = ${latestVersion}; ${also}`);
  });
}

function versionOf(database: SqliteDatabase): number {
  return Number(database.get('pragma user_version')?.['user_version']);
}

/** A file that a later Holdfast wrote: read before it is opened, and again where its log said more. */
export function tooNew(location: string, version: number): LedgerError {
  return new LedgerError(
    'LEDGER_TOO_NEW',
    `the ledger ${location} has schema ${version}, this Holdfast knows schemas up to ${latestVersion}`,
    { hint: 'use the newer Holdfast that wrote it, or name another file with --ledger FILE' },
  );
}
