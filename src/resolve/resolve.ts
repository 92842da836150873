/**
 * Room `resolve`: a tag becomes a digest by asking the registry. May import the ports `registry` and
 * `ledger`, and the model.
 *
 * Invariant: "not there" and "could not look" are different answers.
 */
import { inOrder } from '../declared/in-order.ts';
import { HoldfastError } from '../errors.ts';
import type { Descriptor, ImageIndex } from '../oci/manifest.ts';
import { platformManifests } from '../oci/manifest.ts';
import { matchesPlatform, type Platform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, type Reference } from '../reference/reference.ts';
import type { Tag } from '../reference/tag.ts';
import type { RegistryReader } from '../registry/registry-client.ts';

/** What asking for one reference came to. */
export type Resolution =
  | {
      readonly kind: 'found';
      readonly reference: Reference;
      /** The answer: of the index or manifest, or of the child for the platform asked for. */
      readonly digest: Digest;
      readonly mediaType: string;
      /** What tag or digest of the reference names: the same, but where a child was asked for. */
      readonly rootDigest: Digest;
      /** Whether it was computed from the manifest's bytes: otherwise a header said so. */
      readonly isComputed: boolean;
    }
  | { readonly kind: 'absent'; readonly reference: Reference }
  | { readonly kind: 'no-platform'; readonly reference: Reference; readonly offered: readonly Platform[] }
  /** Could not look. */
  | { readonly kind: 'unknown'; readonly reference: Reference; readonly error: HoldfastError };

export type ResolveOptions = {
  /** Of an index, the child for this platform. */
  readonly platform?: Platform | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** References asked for at once; the registry client holds back what is too much for one host. */
const aheadMax = 64;

/** Resolves many at once, and answers in the order given. Throws only what cancelled it. */
export function resolveReferences(
  registry: RegistryReader,
  references: readonly Reference[],
  options: ResolveOptions = {},
): AsyncIterable<Resolution> {
  return inOrder(resolving(registry, references, options), aheadMax);
}

async function* resolving(
  registry: RegistryReader,
  references: readonly Reference[],
  options: ResolveOptions,
): AsyncGenerator<() => Promise<Resolution>> {
  for (const reference of references) yield () => resolveReference(registry, reference, options);
}

/** Asks for one reference: by its digest where it has one, else by its tag. Throws only what cancelled it. */
async function resolveReference(
  registry: RegistryReader,
  reference: Reference,
  options: ResolveOptions = {},
): Promise<Resolution> {
  const target = reference.digest ?? effectiveTag(reference);
  if (target === undefined) return { kind: 'absent', reference };
  try {
    return options.platform === undefined
      ? await askForDigest(registry, reference, target, options)
      : await askForPlatform(registry, reference, target, options.platform, options);
  } catch (error) {
    if (error instanceof HoldfastError) return { kind: 'unknown', reference, error };
    throw error;
  }
}

async function askForDigest(
  registry: RegistryReader,
  reference: Reference,
  target: Tag | Digest,
  { signal }: ResolveOptions,
): Promise<Resolution> {
  const head = await registry.headManifest(reference.repository, target, signal && { signal });
  if (head === undefined) return { kind: 'absent', reference };
  const { digest, mediaType } = head;
  return { kind: 'found', reference, digest, mediaType, rootDigest: digest, isComputed: false };
}

/** A manifest that is no index is the answer for any platform, as crane has it. */
async function askForPlatform(
  registry: RegistryReader,
  reference: Reference,
  target: Tag | Digest,
  platform: Platform,
  { signal }: ResolveOptions,
): Promise<Resolution> {
  const root = await registry.getManifest(reference.repository, target, signal && { signal });
  if (root === undefined) return { kind: 'absent', reference };
  const { digest, mediaType, manifest } = root;
  const found = { kind: 'found', reference, rootDigest: digest, isComputed: true } as const;
  if (manifest.kind !== 'index') return { ...found, digest, mediaType };
  const child = findPlatform(manifest, platform);
  if (child === undefined) return { kind: 'no-platform', reference, offered: platformsOf(manifest) };
  return { ...found, digest: child.digest, mediaType: child.mediaType };
}

function findPlatform(index: ImageIndex, platform: Platform): Descriptor | undefined {
  return platformManifests(index).find(
    (child) => child.platform !== undefined && matchesPlatform(platform, child.platform),
  );
}

function platformsOf(index: ImageIndex): readonly Platform[] {
  return platformManifests(index).flatMap((child) => child.platform ?? []);
}
