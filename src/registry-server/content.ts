import type { Descriptor } from '../oci/manifest.ts';
import { parseManifest } from '../oci/manifest.ts';
import type { Digest } from '../reference/digest.ts';
import { tryParseDigest } from '../reference/digest.ts';
import { TagList } from './tag-list.ts';

export type StoredManifest = {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
};

/** Everything the registry holds. Blob bytes are kept once, and seen only in repositories they were put in. */
export class RegistryContent {
  readonly #repositories = new Map<string, RepositoryContent>();
  readonly #blobs = new Map<Digest, Uint8Array>();

  find(repository: string): RepositoryContent | undefined {
    return this.#repositories.get(repository);
  }

  /** The repository, made where it was not: a push to a new name makes it. */
  open(repository: string): RepositoryContent {
    let content = this.#repositories.get(repository);
    if (content === undefined) {
      content = new RepositoryContent(this.#blobs);
      this.#repositories.set(repository, content);
    }
    return content;
  }

  /** Names of all repositories, in byte order. */
  names(): readonly string[] {
    return [...this.#repositories.keys()].sort();
  }
}

export class RepositoryContent {
  readonly tags = new TagList();
  readonly #blobs: Map<Digest, Uint8Array>;
  readonly #ownBlobs = new Set<Digest>();
  readonly #manifests = new Map<Digest, StoredManifest>();
  readonly #tagDigests = new Map<string, Digest>();
  readonly #referrers = new Map<Digest, Map<Digest, Descriptor>>();
  /** What a tag without an entry of its own names: the many made by `seedTags` share one. */
  #seededDigest: Digest | undefined;

  constructor(blobs: Map<Digest, Uint8Array>) {
    this.#blobs = blobs;
  }

  findManifest(target: string): StoredManifest | undefined {
    const digest = tryParseDigest(target) ?? this.#digestOfTag(target);
    return digest === undefined ? undefined : this.#manifests.get(digest);
  }

  putManifest(manifest: StoredManifest): void {
    this.#manifests.set(manifest.digest, manifest);
    const subject = readReferrer(manifest);
    if (subject === undefined) return;
    const referrers = this.#referrers.get(subject.digest) ?? new Map<Digest, Descriptor>();
    referrers.set(manifest.digest, subject.descriptor);
    this.#referrers.set(subject.digest, referrers);
  }

  /** Takes the manifest and every tag that names it. False where there is none. */
  deleteManifest(digest: Digest): boolean {
    if (!this.#manifests.delete(digest)) return false;
    for (const referrers of this.#referrers.values()) referrers.delete(digest);
    // A listed tag without a digest of its own has the seeded one: no need to look each up among a million.
    this.tags.keep((tag) => (this.#tagDigests.get(tag) ?? this.#seededDigest) !== digest);
    for (const [tag, named] of this.#tagDigests) if (named === digest) this.#tagDigests.delete(tag);
    return true;
  }

  putTag(tag: string, digest: Digest): void {
    this.#tagDigests.set(tag, digest);
    this.tags.add(tag);
  }

  seedTags(tags: Iterable<string>, digest: Digest): void {
    this.#seededDigest = digest;
    this.tags.addMany(tags);
  }

  /** Takes the tag and leaves the manifest. False where there is none. */
  deleteTag(tag: string): boolean {
    if (this.#digestOfTag(tag) === undefined) return false;
    this.#tagDigests.delete(tag);
    this.tags.remove(tag);
    return true;
  }

  findBlob(digest: Digest): Uint8Array | undefined {
    return this.#ownBlobs.has(digest) ? this.#blobs.get(digest) : undefined;
  }

  putBlob(digest: Digest, bytes: Uint8Array): void {
    this.#blobs.set(digest, bytes);
    this.#ownBlobs.add(digest);
  }

  /** Takes the blob from this repository alone. False where there is none. */
  deleteBlob(digest: Digest): boolean {
    return this.#ownBlobs.delete(digest);
  }

  /** The manifests whose subject is this digest, whether or not the subject itself is here. */
  listReferrers(subject: Digest): readonly Descriptor[] {
    return [...(this.#referrers.get(subject)?.values() ?? [])];
  }

  #digestOfTag(tag: string): Digest | undefined {
    const digest = this.#tagDigests.get(tag);
    if (digest !== undefined || this.#seededDigest === undefined) return digest;
    return this.tags.has(tag) ? this.#seededDigest : undefined;
  }
}

/** What a manifest with a subject is listed as. Source: OCI distribution spec 1.1, "Listing Referrers". */
function readReferrer(stored: StoredManifest): { digest: Digest; descriptor: Descriptor } | undefined {
  let manifest: ReturnType<typeof parseManifest>;
  try {
    manifest = parseManifest(stored.bytes, stored.mediaType);
  } catch {
    // Seeded garbage is served as it is; it refers to nothing.
    return undefined;
  }
  if (manifest.kind === 'schema1' || manifest.subject === undefined) return undefined;
  const artifactType =
    manifest.artifactType ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined);
  return {
    digest: manifest.subject.digest,
    descriptor: {
      mediaType: stored.mediaType,
      digest: stored.digest,
      size: stored.bytes.length,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(Object.keys(manifest.annotations).length === 0 ? {} : { annotations: manifest.annotations }),
    },
  };
}
