import { parseRepository } from '../reference/repository.ts';
import { parseTag } from '../reference/tag.ts';
import type { Selection } from './selection.ts';
import { digestFromBytes } from './stored-digest.ts';

/** A row of `selections` with its repository's name and its digest's bytes, from either database. */
export function selectionFromRow(row: Readonly<Record<string, unknown>>): Selection {
  return {
    name: String(row['name']),
    revision: Number(row['revision']),
    repository: parseRepository(String(row['repository'])),
    tag: parseTag(String(row['tag'])),
    digest: row['digest'] === null ? undefined : digestFromBytes(row['digest']),
    policy: String(row['policy']),
    selectedAt: Number(row['selected_at']),
    selectedBy: String(row['selected_by']),
    reason: typeof row['reason'] === 'string' ? row['reason'] : undefined,
  };
}
