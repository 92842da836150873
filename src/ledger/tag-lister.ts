import type { Manifest } from '../oci/manifest.ts';
import type { Digest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

/** One answer of `tags/list`, whole, its tags not read yet. */
export type TagListPage = {
  /** SHA-256 of the answer's bytes, hex: two pages with the same fingerprint name the same tags. */
  readonly fingerprint: string;
  /** Parses the answer. The texts are the registry's: not proven to be tags, not proven to be sorted. */
  readTags(): readonly string[];
};

/**
 * What scanning asks of a registry; the registry client satisfies it as it is. An answer that did not
 * arrive whole is an error, never a shorter list.
 */
export interface TagLister {
  /** Every page in order, the largest the registry grants. No page: the registry knows no such repository. */
  listTagPages(
    repository: Repository,
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<TagListPage>;
  /** What a tag points to by the registry's word; undefined where the registry says it does not exist. */
  headManifest(
    repository: Repository,
    target: Tag,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly digest: Digest } | undefined>;
  /** The bytes behind a tag, their digest computed; undefined where they do not exist. */
  getManifest(
    repository: Repository,
    target: Digest,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly digest: Digest; readonly manifest: Manifest } | undefined>;
}
