import { tryParseRepository } from '../reference/repository.ts';

/** What a path asks for. */
export type Route =
  | { readonly kind: 'ping' }
  | { readonly kind: 'token' }
  | { readonly kind: 'catalog' }
  | { readonly kind: 'tags'; readonly repository: string }
  /** `target` is a tag or a digest, not yet looked at. */
  | { readonly kind: 'manifest'; readonly repository: string; readonly target: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly target: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly target: string }
  /** `session` is empty where an upload begins. */
  | { readonly kind: 'upload'; readonly repository: string; readonly session: string }
  /** Where blobs are redirected to: another host, with a signature in the path instead of credentials. */
  | { readonly kind: 'storage'; readonly signature: string }
  | { readonly kind: 'bad-name'; readonly name: string }
  | { readonly kind: 'unknown' };

const uploadPattern = /^\/v2\/(.+)\/blobs\/uploads\/([^/]*)$/;
const namedPattern = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/;
const tagsPattern = /^\/v2\/(.+)\/tags\/list$/;
const storagePattern = /^\/storage\/([^/]+)$/;

const namedKinds = { manifests: 'manifest', blobs: 'blob', referrers: 'referrers' } as const;

/** The route of a path without its query. Source: OCI distribution spec 1.1, "Endpoints". */
export function routeOf(path: string): Route {
  if (path === '/v2/' || path === '/v2') return { kind: 'ping' };
  if (path === '/v2/_catalog') return { kind: 'catalog' };
  if (path === '/token') return { kind: 'token' };
  const storage = storagePattern.exec(path)?.[1];
  if (storage !== undefined) return { kind: 'storage', signature: storage };
  const upload = uploadPattern.exec(path);
  if (upload !== null) {
    return named(upload[1], (repository) => ({ kind: 'upload', repository, session: upload[2] ?? '' }));
  }
  const tags = tagsPattern.exec(path);
  if (tags !== null) return named(tags[1], (repository) => ({ kind: 'tags', repository }));
  const match = namedPattern.exec(path);
  if (match === null) return { kind: 'unknown' };
  const kind = namedKinds[match[2] as keyof typeof namedKinds];
  return named(match[1], (repository) => ({ kind, repository, target: decode(match[3] ?? '') }));
}

export function isRepositoryPath(name: string): boolean {
  return tryParseRepository(`registry.invalid/${name}`) !== undefined;
}

function named(name: string | undefined, make: (repository: string) => Route): Route {
  const repository = decode(name ?? '');
  return isRepositoryPath(repository) ? make(repository) : { kind: 'bad-name', name: repository };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
