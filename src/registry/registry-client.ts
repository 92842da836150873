/**
 * Room `registry`: the OCI distribution 1.1 client. May import `reference`, `oci` and rung 0.
 *
 * Invariants: a digest is computed from bytes, a header is a hint to compare; no credential leaves for a
 * host it was not meant for; everything from outside has a limit; "not found" is an answer, every other
 * failure is a `RegistryError` that says whether asking again may help.
 */
import type { EpochMs } from '../clock.ts';
import type { Descriptor, Manifest } from '../oci/manifest.ts';
import type { Digest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

export type RequestOptions = { readonly signal?: AbortSignal };

/** What a HEAD said. Nothing here is proven: the registry's word, not computed from bytes. */
export type ManifestHead = {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Bytes; absent where the registry sent no Content-Length. */
  readonly size: number | undefined;
};

/** Bytes whose digest was computed here. */
export type FetchedManifest = {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly manifest: Manifest;
  /** The host that served it: the registry as the reference names it, or a mirror. */
  readonly servedBy: string;
};

/**
 * A stretch of a repository's tags, in the registry's order: one answer of `tags/list`, or a part of a
 * very large one.
 */
export type TagPage = {
  /** sha256 in hex, of the page's bytes. The same fingerprint means the same tags in the same order. */
  readonly fingerprint: string;
  /**
   * Parses the page: only a caller who does not know the fingerprint pays for it. The texts are as the
   * registry sent them; one that is no tag is for the caller to refuse.
   * @throws RegistryError `TAGS_UNREADABLE` where the page is cut short or is no tag list: never a short list
   */
  readTags(): readonly string[];
  /** Whether another page follows. */
  readonly hasNext: boolean;
};

export type ListTagsOptions = RequestOptions & {
  /** Tags asked for in each page; the registry may grant fewer. Default: as many as registries grant. */
  readonly pageSize?: number;
  /** Only tags after this one, where the registry pages. */
  readonly last?: string;
};

/** What a blob or manifest must turn out to be. */
export type Expected = { readonly digest: Digest; readonly size: number };

/** A quota that a registry told of in its headers. */
export type RateLimit = {
  readonly host: string;
  readonly limit: number | undefined;
  readonly remaining: number;
  /** The window the limit counts over, e.g. 21600 for Docker Hub's six hours. */
  readonly windowSeconds: number | undefined;
  /** Whom the registry counts: an address or an account's id, as Docker Hub tells it. */
  readonly countedFor: string | undefined;
  readonly observedAt: EpochMs;
};

/** Reading from registries. One object serves every host; it holds connections and tokens until closed. */
export interface RegistryReader {
  /**
   * The manifest's digest and type, by HEAD, or by GET where the registry serves no HEAD or no digest, or a 404
   * that is not told as registries tell it.
   * Undefined where tag, digest or repository does not exist.
   */
  headManifest(
    repository: Repository,
    target: Tag | Digest,
    options?: RequestOptions,
  ): Promise<ManifestHead | undefined>;
  /** The manifest's bytes, verified. Undefined where it does not exist. */
  getManifest(
    repository: Repository,
    target: Tag | Digest,
    options?: RequestOptions,
  ): Promise<FetchedManifest | undefined>;
  /** The whole of a small blob (an image config), verified, at most 4 MiB. Undefined where it does not exist. */
  getSmallBlob(
    repository: Repository,
    descriptor: Descriptor,
    options?: RequestOptions,
  ): Promise<Uint8Array | undefined>;
  /**
   * A blob's bytes as they come, resumed by Range where the connection breaks, and verified: the last
   * chunk comes only after size and digest were found right. Undefined where it does not exist.
   * The iteration throws RegistryError `DIGEST_MISMATCH` or `SIZE_MISMATCH` where the bytes are others.
   */
  openBlob(
    repository: Repository,
    blob: Expected,
    options?: RequestOptions,
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * All tags of a repository, page by page, from the registry itself and never from a mirror, which may
   * hold only some. No page at all means that the repository does not exist; the iteration throws where a
   * page did not arrive whole.
   */
  listTagPages(repository: Repository, options?: ListTagsOptions): AsyncIterable<TagPage>;
  /**
   * What refers to a manifest, asked of the referrers API or, where there is none, read from the fallback
   * tag. Empty where nothing does. Source: OCI distribution spec 1.1, "Listing Referrers".
   */
  listReferrers(
    repository: Repository,
    subject: Digest,
    options?: RequestOptions & { readonly artifactType?: string },
  ): Promise<readonly Descriptor[]>;
  /** What the registries last said of their quotas. */
  rateLimits(): readonly RateLimit[];
  /** Warnings (RFC 9111 `Warning: 299`) registries sent, each once, for showing. */
  warnings(): readonly string[];
  close(): Promise<void>;
}

/** Writing to registries: always to the registry itself, never to a mirror. */
export interface RegistryWriter {
  /** Uploads a blob unless it is there already. `open` is called again where an upload must start over. */
  pushBlob(
    repository: Repository,
    blob: Expected,
    open: () => AsyncIterable<Uint8Array>,
    options?: PushBlobOptions,
  ): Promise<'pushed' | 'present'>;
  /** Makes a blob of one repository one of another without sending it. False where the registry would not. */
  mountBlob(
    repository: Repository,
    blob: Expected,
    from: Repository,
    options?: RequestOptions,
  ): Promise<boolean>;
  /**
   * Stores a manifest's bytes under a tag or their digest, and answers their digest. Where the manifest has
   * a subject and the registry keeps no referrers, the fallback tag is maintained.
   */
  pushManifest(
    repository: Repository,
    target: Tag | Digest,
    bytes: Uint8Array,
    mediaType: string,
    options?: RequestOptions,
  ): Promise<Digest>;
}

export type PushBlobOptions = RequestOptions & {
  /** Bytes in each PATCH; absent means one PUT with the whole. */
  readonly chunkBytes?: number;
};

/** Everything Holdfast says to registries. */
export interface RegistryClient extends RegistryReader, RegistryWriter {}
