import type { ImageRepositorySpec } from '../api/image-repository.ts';
import type { LedgerReader, LedgerWriter } from '../ledger/ledger.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

/** The ledger's key of a list: where the ledger keeps the tags that one ImageRepository sees. */
export type ListKey = Repository & { readonly isShared: boolean };

/** An ImageRepository, by its name. */
export type ListOwner = { readonly namespace: string; readonly name: string };

/**
 * Lists are shared by image, so that two objects of one image keep one. An object that brings its own proxy,
 * certificates or permission for plain HTTP decides itself whom it speaks to: what it is told must not become
 * what others are told, so its list is its own.
 */
export function listKeyOf(repository: Repository, spec: ImageRepositorySpec, name: ListOwner): ListKey {
  const isShared = spec.proxySecretName === undefined && spec.certSecretName === undefined && !spec.insecure;
  return isShared ? { ...repository, isShared } : ownListKey(repository, name);
}

/** The key of the list that one ImageRepository does not share. */
export function ownListKey(repository: Repository, owner: ListOwner): ListKey {
  const registry = `${owner.name}.${owner.namespace}${ownDomain}`;
  return { registry, path: ownPathOf(repository), isShared: false };
}

/** No registry is called so: `.invalid` is reserved. Source: RFC 2606. */
const ownDomain = '.imagerepository.invalid';

/** Own lists of one image that are looked for: more objects of one image are hardly meant. */
const ownListsMax = 100;

/** The lists of an image that ImageRepositories do not share, as far as the ledger has them, in order of key. */
export async function findOwnLists(
  ledger: Pick<LedgerReader, 'listRepositoriesEnding'>,
  repository: Repository,
): Promise<readonly { readonly owner: ListOwner; readonly key: ListKey }[]> {
  const ending = `${ownDomain}/${ownPathOf(repository)}`;
  const found = await ledger.listRepositoriesEnding(ending, ownListsMax);
  return found.map((key) => ({ owner: ownerOf(key), key: { ...key, isShared: false } }));
}

/** A namespace has no dot in its name, an object may. */
function ownerOf({ registry }: Repository): ListOwner {
  const owner = registry.slice(0, -ownDomain.length);
  const dot = owner.lastIndexOf('.');
  return { namespace: owner.slice(dot + 1), name: owner.slice(0, dot) };
}

function ownPathOf({ registry, path }: Repository): string {
  return `${pathOf(registry)}/${path}`;
}

/** A host as a part of a repository's path: lower case, and no colon. */
function pathOf(host: string): string {
  return host
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

/** The ledger as scanning one image under another key needs it; observations of digests go where they belong. */
export function ledgerFor(
  ledger: LedgerReader & LedgerWriter & ScanLedger,
  key: ListKey,
): LedgerReader & LedgerWriter & ScanLedger {
  return {
    listObservations: (repository, tag) => ledger.listObservations(repository, tag),
    listPresences: (_repository, tag) => ledger.listPresences(key, tag),
    listFirstSeen: (_repository, tags) => ledger.listFirstSeen(key, tags),
    findRelated: (digest) => ledger.findRelated(digest),
    listRepositoriesEnding: (ending, limit) => ledger.listRepositoriesEnding(ending, limit),
    recordSightings: (sightings) => ledger.recordSightings(key.isShared ? sightings : []),
    recordIndex: (contents) => ledger.recordIndex(contents),
    openScan: () => ledger.openScan(key),
    listScans: (_repository, limit) => ledger.listScans(key, limit),
    readGeneration: () => ledger.readGeneration(key),
    listTags: (_repository, after, limit) => ledger.listTags(key, after, limit),
    listFollowedTags: (_repository, after, limit) => ledger.listFollowedTags(key, after, limit),
    listWatches: (repository) => ledger.listWatches(repository),
    addWatch: (repository, watch) => ledger.addWatch(repository, watch),
    removeWatch: (repository, pattern) => ledger.removeWatch(repository, pattern),
  };
}

/** Tags read from the ledger at once: a few hundred kilobytes. */
const pageTags = 10_000;

/** The tags that a list holds, byte-ascending. @throws LedgerError */
export async function* ledgerPages(
  ledger: Pick<ScanLedger, 'listTags'>,
  repository: Repository,
): AsyncGenerator<readonly Tag[]> {
  let after: Tag | undefined;
  for (;;) {
    const page = await ledger.listTags(repository, after, pageTags);
    if (page.length > 0) yield page;
    after = page.at(-1);
    if (page.length < pageTags) return;
  }
}
