/**
 * Room `resolve`: a tag becomes a digest by asking the registry, and the ledger is told.
 * May import the ports `registry` and `ledger`, and the model.
 */
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, type Reference } from '../reference/reference.ts';
import type { RegistryReader } from '../registry/registry-client.ts';

/** The digest of a reference in its registry, or undefined where it does not exist. */
export async function resolveReference(
  registry: RegistryReader,
  reference: Reference,
): Promise<Digest | undefined> {
  const target = reference.digest ?? effectiveTag(reference);
  if (target === undefined) return undefined;
  const head = await registry.headManifest(reference.repository, target);
  return head?.digest;
}
