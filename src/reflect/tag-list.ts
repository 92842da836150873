import type { ImageRepositorySpec } from '../api/image-repository.ts';
import type { LedgerReader, LedgerWriter } from '../ledger/ledger.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

/** The ledger's key of a list: where the ledger keeps the tags that one ImageRepository sees. */
export type ListKey = Repository & { readonly isShared: boolean };

/**
 * Lists are shared by image, so that two objects of one image keep one. An object that brings its own proxy,
 * certificates or permission for plain HTTP decides itself whom it speaks to: what it is told must not become
 * what others are told, so its list is its own.
 */
export function listKeyOf(
  repository: Repository,
  spec: ImageRepositorySpec,
  name: { readonly namespace: string; readonly name: string },
): ListKey {
  const isShared = spec.proxySecretName === undefined && spec.certSecretName === undefined && !spec.insecure;
  if (isShared) return { ...repository, isShared };
  // No registry is called so: `.invalid` is reserved. Source: RFC 2606.
  const host = `${name.name}.${name.namespace}.imagerepository.invalid`;
  return { registry: host, path: `${pathOf(repository.registry)}/${repository.path}`, isShared };
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
