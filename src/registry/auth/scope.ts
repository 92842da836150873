import type { Access } from '../http/http.ts';

/** What a request needs, as token servers write it. Source: distribution, docs/spec/auth/scope.md. */
export function scopesOf(access: Access): readonly string[] {
  const own = `repository:${access.repository.path}:${access.actions === 'push' ? 'pull,push' : 'pull'}`;
  return access.from === undefined ? [own] : [own, `repository:${access.from.path}:pull`];
}

/** Both sets together: actions on one resource joined, everything in a stable order. */
export function uniteScopes(ours: readonly string[], asked: string | undefined): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of [...ours, ...(asked ?? '').split(' ')]) {
    const colon = scope.lastIndexOf(':');
    if (colon === -1) continue;
    const resource = scope.slice(0, colon);
    const known = actions.get(resource) ?? new Set();
    for (const action of scope.slice(colon + 1).split(',')) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, known]) => `${resource}:${[...known].sort().join(',')}`).sort();
}
