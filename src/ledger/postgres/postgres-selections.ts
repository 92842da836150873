import type { NextSelection, Selection, SelectionOutcome } from '../selection.ts';
import { digestToBytes } from '../stored-digest.ts';
import { selectionFromRow } from '../stored-selection.ts';
import type { PostgresSession } from './postgres-database.ts';
import { addDigests, repositoryIdOf } from './postgres-sightings.ts';

export async function findSelection(session: PostgresSession, name: string): Promise<Selection | undefined> {
  const [row] = await session.query(
    `select selections.*, repositories.name as repository, digests.digest as digest
     from selections join repositories on repositories.id = repository_id
     left join digests on digests.id = digest_id
     where selections.name = $1 order by selections.revision desc limit 1`,
    [name],
  );
  return row && selectionFromRow(row);
}

/** Moves all revisions inside the caller's transaction; of two at once, the second finds nothing to move. */
export async function renameSelection(
  session: PostgresSession,
  from: string,
  to: string,
): Promise<Selection | undefined> {
  await session.run(
    `update selections set name = $2
     where name = $1 and not exists (select 1 from selections as taken where taken.name = $2)`,
    [from, to],
  );
  return findSelection(session, to);
}

/**
 * Compare-and-set inside the caller's transaction: of two that look at the same moment, the second insert
 * meets the first's key, waits for its end and then does nothing.
 */
export async function writeSelection(
  session: PostgresSession,
  expected: Selection | undefined,
  next: NextSelection,
): Promise<SelectionOutcome> {
  const current = await findSelection(session, next.name);
  if (current?.revision !== expected?.revision) return { kind: 'stale', current };
  const selection: Selection = { ...next, revision: (current?.revision ?? 0) + 1 };
  if (selection.digest !== undefined) await addDigests(session, [selection.digest]);
  const written = await session.run(
    `insert into selections
       (name, revision, repository_id, tag, digest_id, policy, selected_at, selected_by, reason)
     values ($1, $2, $3, $4, (select id from digests where digest = $5), $6, $7, $8, $9)
     on conflict do nothing`,
    [
      selection.name,
      selection.revision,
      await repositoryIdOf(session, selection.repository),
      selection.tag,
      selection.digest === undefined ? null : digestToBytes(selection.digest),
      selection.policy,
      selection.selectedAt,
      selection.selectedBy,
      selection.reason ?? null,
    ],
  );
  if (written === 0) return { kind: 'stale', current: await findSelection(session, next.name) };
  return { kind: 'advanced', selection };
}
