import { LedgerError } from '../errors.ts';
import type { PostgresDatabase, PostgresSession } from './postgres-database.ts';

/**
 * Each entry brings the schema from the version before it to the next. Forward only: an entry that was
 * released is never edited. Digests are raw bytes, instants epoch milliseconds, tags in byte order.
 */
const migrations: readonly string[] = [
  `create table repositories (
     id bigint generated always as identity primary key,
     name text collate "C" not null unique,
     revision bigint not null default 0,
     tag_count bigint not null default 0,
     sorted boolean not null default true,
     read_whole_at bigint
   );
   create table digests (
     id bigint generated always as identity primary key,
     digest bytea not null unique
   );
   create table observed_tags (
     id bigint generated always as identity primary key,
     repository_id bigint not null references repositories,
     tag text collate "C" not null,
     unique (repository_id, tag)
   );
   create table sightings (
     tag_id bigint not null references observed_tags,
     observed_at bigint not null,
     digest_id bigint not null references digests,
     source smallint not null,
     primary key (tag_id, observed_at, digest_id, source)
   );
   create table presences (
     repository_id bigint not null references repositories,
     tag text collate "C" not null,
     appeared_at bigint not null,
     gone_at bigint,
     primary key (repository_id, tag, appeared_at)
   );
   create table scans (
     id bigint generated always as identity primary key,
     repository_id bigint not null references repositories,
     outcome text not null,
     started_at bigint not null,
     ended_at bigint not null,
     tag_count bigint not null,
     pages bigint not null,
     page_size bigint not null,
     requests bigint not null,
     error text
   );
   create index scans_by_repository on scans (repository_id, id);
   create table page_marks (
     repository_id bigint not null references repositories,
     position integer not null,
     fingerprint bytea not null,
     first_tag text collate "C" not null,
     last_tag text collate "C" not null,
     tag_count bigint not null,
     primary key (repository_id, position)
   );
   create table relations (
     holder_id bigint not null references digests,
     part_id bigint not null references digests,
     platform text,
     primary key (holder_id, part_id)
   );
   create index relations_by_part on relations (part_id);
   create table watches (
     repository_id bigint not null references repositories,
     pattern text collate "C" not null,
     added_at bigint not null,
     primary key (repository_id, pattern)
   );
   create table selections (
     name text collate "C" not null,
     revision bigint not null,
     repository_id bigint not null references repositories,
     tag text collate "C" not null,
     digest_id bigint references digests,
     policy text not null,
     selected_at bigint not null,
     selected_by text not null,
     reason text,
     primary key (name, revision)
   );
   create index selections_by_repository on selections (repository_id, tag);
   create table holds (
     name text collate "C" primary key,
     tag text,
     reason text not null,
     held_by text not null,
     held_at bigint not null,
     expires_at bigint
   );`,

  // Instants of claims are the database's own, which all replicas share. A key without a holder is free since
  // it expired.
  `create table claim_replicas (
     scope text collate "C" not null,
     replica text collate "C" not null,
     joined_at timestamptz not null,
     expires_at timestamptz not null,
     lacking bigint not null default 0,
     primary key (scope, replica)
   );
   create table claims (
     scope text collate "C" not null,
     key text collate "C" not null,
     replica text collate "C",
     epoch bigint not null default 0,
     expires_at timestamptz not null,
     primary key (scope, key)
   );
   create index claims_by_replica on claims (scope, replica);`,

  // Since when a short list was seen without a name that contradicts it, and when names were last asked for.
  `alter table scans add column doubted_since bigint;
   alter table scans add column names_asked_at bigint;`,
];

/** The schema this Holdfast writes. */
const latestVersion = migrations.length;

/** Any number of our own: whoever migrates holds it, so that two that begin at once do it once. */
const advisoryLock = 4_866_110;

/**
 * Makes the schema `holdfast` and brings it to the newest version. A schema of that name that is somebody
 * else's, or a newer one, is refused and stays as it was.
 * @throws LedgerError `LEDGER_FOREIGN`, `LEDGER_TOO_NEW`
 */
export async function migrate(database: PostgresDatabase): Promise<void> {
  await database.transaction(async (session) => {
    await session.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    const tables = await session.query(
      `select tablename from pg_catalog.pg_tables where schemaname = 'holdfast'`,
    );
    const isOurs = tables.some((row) => row['tablename'] === 'schema_versions');
    if (!isOurs && tables.length > 0) {
      throw new LedgerError(
        'LEDGER_FOREIGN',
        `the schema "holdfast" of ${database.location} is not a ledger`,
        { hint: 'name another database with --ledger postgres://…; this one was not touched' },
      );
    }
    if (!isOurs) await createVersions(session);
    await bringUp(database, session);
  });
}

async function createVersions(session: PostgresSession): Promise<void> {
  await session.run('create schema if not exists holdfast');
  await session.run(
    'create table schema_versions (version integer primary key, migrated_at timestamptz not null default now())',
  );
}

async function bringUp(database: PostgresDatabase, session: PostgresSession): Promise<void> {
  const [row] = await session.query('select coalesce(max(version), 0) as version from schema_versions');
  const version = Number(row?.['version']);
  if (version > latestVersion) {
    throw new LedgerError(
      'LEDGER_TOO_NEW',
      `the ledger ${database.location} has schema ${version}, this Holdfast knows schemas up to ${latestVersion}`,
      { hint: 'use the newer Holdfast that wrote it, or name another database with --ledger postgres://…' },
    );
  }
  for (const [index, migration] of migrations.slice(version).entries()) {
    await session.run(migration);
    await session.run('insert into schema_versions (version) values ($1)', [version + index + 1]);
  }
}
