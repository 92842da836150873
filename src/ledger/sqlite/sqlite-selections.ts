import type { NextSelection, Selection, SelectionOutcome } from '../selection.ts';
import { selectionFromRow } from '../stored-selection.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { digestIdOf, repositoryIdOf } from './sqlite-sightings.ts';

export function findSelection(database: SqliteDatabase, name: string): Selection | undefined {
  const row = database.get(
    `select selections.*, repositories.name as repository, digests.digest as digest
     from selections join repositories on repositories.id = repository_id
     left join digests on digests.id = digest_id
     where selections.name = ? order by selections.revision desc limit 1`,
    name,
  );
  return row && selectionFromRow(row);
}

/** Moves all revisions inside the caller's transaction. */
export function renameSelection(database: SqliteDatabase, from: string, to: string): Selection | undefined {
  const taken = findSelection(database, to);
  if (taken !== undefined) return taken;
  database.run('update selections set name = ? where name = ?', to, from);
  return findSelection(database, to);
}

/** Compare-and-set inside the caller's transaction, which holds the write lock from its start. */
export function writeSelection(
  database: SqliteDatabase,
  expected: Selection | undefined,
  next: NextSelection,
): SelectionOutcome {
  const current = findSelection(database, next.name);
  if (current?.revision !== expected?.revision) return { kind: 'stale', current };
  const selection: Selection = { ...next, revision: (current?.revision ?? 0) + 1 };
  database.run(
    `insert into selections
       (name, revision, repository_id, tag, digest_id, policy, selected_at, selected_by, reason)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    selection.name,
    selection.revision,
    repositoryIdOf(database, selection.repository),
    selection.tag,
    selection.digest === undefined ? null : digestIdOf(database, selection.digest),
    selection.policy,
    selection.selectedAt,
    selection.selectedBy,
    selection.reason ?? null,
  );
  return { kind: 'advanced', selection };
}
