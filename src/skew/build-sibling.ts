import { isPublished } from '../ledger/history.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import { findBuildTag } from '../pinning/build-tag.ts';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, type Reference } from '../reference/reference.ts';
import type { RegistryReader } from '../registry/registry-client.ts';
import type { FactBook } from './fact-book.ts';

/** Builds compared in the registry: what still runs may be many builds old, and a HEAD is cheap. */
const newestBuilds = 50;

/** Tags read of the ledger: builds stand right behind their tag in its order. */
const tagsMax = 1000;

/** The `-build.N` tag of a content, as the registry has it now. */
export async function askSibling(
  reference: Reference,
  digest: Digest,
  facts: FactBook,
  asking: { readonly registry: RegistryReader; readonly signal?: AbortSignal },
): Promise<void> {
  const { repository } = reference;
  const tag = effectiveTag(reference);
  if (tag === undefined || facts.hasSibling(repository, digest)) return;
  const found = await findBuildTag(asking, { repository, tag, newest: newestBuilds }, digest);
  if (found.tag !== undefined) facts.addSibling(repository, digest, found.tag);
}

/** The same as the ledger knows it: a build's tag may have been swept from the registry since. */
export async function askSiblingInLedger(
  reference: Reference,
  digest: Digest,
  facts: FactBook,
  ledger: LedgerReader & Pick<ScanLedger, 'listTags'>,
): Promise<void> {
  const { repository } = reference;
  const tag = effectiveTag(reference);
  if (tag === undefined || facts.hasSibling(repository, digest)) return;
  for (const build of await ledger.listTags(repository, tag, tagsMax)) {
    if (!build.startsWith(`${tag}-build.`)) continue;
    const observations = await ledger.listObservations(repository, build);
    const last = observations.findLast(({ source }) => isPublished(source));
    if (last?.digest === digest) return facts.addSibling(repository, digest, build);
  }
}
