/**
 * Room `registry`: the OCI distribution 1.1 client. May import `reference`, `oci` and rung 0.
 *
 * Invariants: a digest is computed from bytes, a header is a hint to compare; no credential leaves for a
 * host it was not meant for; everything from outside has a limit; "not found" is an answer, every other
 * failure is a `RegistryError` that says whether asking again may help.
 */
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
};

/** One answer of `tags/list`, whole. */
export type TagPage = {
  readonly tags: readonly string[];
  /** Whether another page follows. */
  readonly hasNext: boolean;
};

/** A quota that a registry told of in its headers. */
export type RateLimit = {
  readonly host: string;
  readonly limit: number | undefined;
  readonly remaining: number;
  /** The window the limit counts over, e.g. 21600 for Docker Hub's six hours. */
  readonly windowSeconds: number | undefined;
  readonly observedAt: number;
};

/** Reading from registries. One object serves every host; it holds connections and tokens until closed. */
export interface RegistryReader {
  /**
   * The manifest's digest and type, by HEAD, or by GET where the registry serves no HEAD or no digest.
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
  /** What the registries last said of their quotas. */
  rateLimits(): readonly RateLimit[];
  /** Warnings (RFC 9111 `Warning: 299`) registries sent, each once, for showing. */
  warnings(): readonly string[];
  close(): Promise<void>;
}
