import type { Repository } from '../reference/repository.ts';

/** A row of `repositories`, from either database. Our own keys may be longer than a repository's name. */
export function repositoryFromRow(row: Readonly<Record<string, unknown>>): Repository {
  const name = String(row['name']);
  const slash = name.indexOf('/');
  return { registry: name.slice(0, slash), path: name.slice(slash + 1) };
}
