import { describeError } from '../errors.ts';
import type { Digest } from '../reference/digest.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';
import { type Asking, requestOptions } from './asking.ts';

/** Pages of tags read to find siblings: a registry that sorts has them on the first, right behind the tag. */
const pagesMax = 3;
/** Tags asked for in each page. */
const pageSize = 1000;
/** Newest builds compared by default: the digest of a tag just moved is that of its last build or the one before. */
const newestDefault = 3;

export type BuildTag = {
  readonly tag?: Tag;
  /** Why nothing can be said, where the tags could not be listed. */
  readonly note?: string;
};

/** A tag that is rebuilt in place, and how many of its newest builds are compared: 3 where left out. */
export type MovingTag = { readonly repository: Repository; readonly tag: Tag; readonly newest?: number };

/**
 * The `-build.N` sibling of a tag that has the same digest, as kube-logging and others publish beside a tag
 * that is rebuilt in place. Finding none is normal.
 */
export async function findBuildTag(
  asking: Pick<Asking, 'registry' | 'signal'>,
  of: MovingTag,
  digest: Digest,
): Promise<BuildTag> {
  if (/-build\.[0-9]+$/.test(of.tag)) return {};
  try {
    for (const tag of await newestBuilds(asking, of)) {
      const head = await asking.registry.headManifest(of.repository, tag, requestOptions(asking.signal));
      if (head?.digest === digest) return { tag };
    }
    return {};
  } catch (error) {
    asking.signal?.throwIfAborted();
    const name = repositoryName(of.repository);
    return { note: `cannot say whether ${of.tag} has a fixed build tag in ${name}: ${describeError(error)}` };
  }
}

async function newestBuilds(
  { registry, signal }: Pick<Asking, 'registry' | 'signal'>,
  { repository, tag, newest = newestDefault }: MovingTag,
): Promise<readonly Tag[]> {
  const prefix = `${tag}-build.`;
  const builds: { tag: Tag; number: bigint }[] = [];
  let pages = 0;
  for await (const page of registry.listTagPages(repository, {
    pageSize,
    last: tag,
    ...requestOptions(signal),
  })) {
    const texts = page.readTags();
    for (const text of texts) {
      const found = text.startsWith(prefix) ? tryParseTag(text) : undefined;
      const number = text.slice(prefix.length);
      if (found !== undefined && /^[0-9]{1,18}$/.test(number))
        builds.push({ tag: found, number: BigInt(number) });
    }
    pages += 1;
    const isPast = (texts.at(-1) ?? '') > `${prefix}~`;
    if (pages >= pagesMax || isPast) break;
  }
  builds.sort((a, b) => (a.number < b.number ? 1 : -1));
  return builds.slice(0, newest).map((build) => build.tag);
}
