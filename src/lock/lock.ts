/**
 * Room `lock`: the lock file, which says what content each reference means. Pure: text in, entries and
 * findings out; may import `reference`, `oci`, `findings`, the YAML
 * reader of `manifests`, and rung 0.
 *
 * Invariants: one entry for each reference, in one order; an entry is kept until somebody asks for another;
 * a lock file that cannot be understood whole is refused whole.
 */
import type { EpochMs } from '../clock.ts';
import type { Platform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';
import { normalizedReference, type Reference, withoutDigest } from '../reference/reference.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';

export type Lock = {
  /** In the order of {@link lockKey}; no key twice. */
  readonly entries: readonly LockEntry[];
};

export type LockEntry = {
  /**
   * As the user wrote it. It has a digest only where that was written by hand; what `pin` writes belongs to
   * the entry without.
   */
  readonly reference: Reference;
  readonly digest: Digest;
  readonly mediaType?: string;
  /** The children of an index, or the one platform of a single image. */
  readonly platforms: readonly LockedPlatform[];
  /** When the registry said so. */
  readonly resolvedAt?: EpochMs;
  /** The host that said so: the registry's, or a mirror's. */
  readonly from?: string;
  readonly labels?: LockedLabels;
  /** For a tag that is rebuilt in place, its `-build.N` sibling with the same digest, which is not. */
  readonly buildTag?: Tag;
  /**
   * Digests this entry had before, newest first: `pin` may write over them, for they are the lock's own. Any
   * other digest in a file is somebody's, and stays.
   */
  readonly replaced?: readonly Digest[];
  /**
   * Where the digest was written by hand although the same reference stands elsewhere without: the places
   * that `unpin` leaves alone, as `FILE#DOCUMENT/POINTER`.
   */
  readonly writtenIn?: readonly string[];
  /** What an `ImagesLock` says besides, to be given back there. */
  readonly imagesLock?: {
    /** Where the content is, once imgpkg copied it elsewhere. */
    readonly repository: Repository;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** 1-based line in the file it was read from. */
  readonly line?: number;
};

export type LockedPlatform = { readonly platform: Platform; readonly digest: Digest };

export type LockedLabels = {
  readonly version?: string;
  readonly revision?: string;
  readonly source?: string;
};

export const emptyLock: Lock = { entries: [] };

/** What two spellings of one reference share: `nginx` and `docker.io/library/nginx:latest` are one entry. */
export function lockKey(reference: Reference): string {
  return normalizedReference(reference);
}

/** A lock of these entries, in order. The last entry of a key wins. */
export function makeLock(entries: Iterable<LockEntry>): Lock {
  const byKey = new Map<string, LockEntry>();
  for (const entry of entries) byKey.set(lockKey(entry.reference), entry);
  const sorted = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { entries: sorted.map(([, entry]) => entry) };
}

/** What a lock says of one reference. */
export type LockAnswer =
  | { readonly kind: 'locked'; readonly entry: LockEntry; readonly how: LockedHow }
  /** The reference has a digest that the entry had before: `pin` brings it up to date. */
  | { readonly kind: 'outdated'; readonly entry: LockEntry }
  /** The reference has a digest that this lock never gave to its tag. */
  | { readonly kind: 'contradicted'; readonly entry: LockEntry }
  /** The reference has the digest of another tag's entry: most likely the tag was changed after pinning. */
  | { readonly kind: 'stale'; readonly entry: LockEntry }
  | { readonly kind: 'unlocked' };

export type LockedHow =
  /** The entry has the very reference. */
  | 'same'
  /** The reference is the entry's with the entry's digest: as `pin` writes it. */
  | 'pinned'
  /** The reference names the manifest of one platform of the entry's index. */
  | 'platform';

/** A lock that answers questions about references; made once for many. */
export type LockLookup = {
  ask(reference: Reference): LockAnswer;
  /** The entry of exactly this reference, its digest included. */
  find(reference: Reference): LockEntry | undefined;
};

export function lookupIn(lock: Lock): LockLookup {
  const byKey = new Map(lock.entries.map((entry) => [lockKey(entry.reference), entry]));
  const byContent = entriesByContent(lock);
  const find = (reference: Reference): LockEntry | undefined => byKey.get(lockKey(reference));
  const ask = (reference: Reference): LockAnswer => {
    const own = byKey.get(lockKey(reference));
    if (reference.digest === undefined) return own ? { kind: 'locked', entry: own, how: 'same' } : unlocked;
    const tagged = byKey.get(lockKey(withoutDigest(reference)));
    if (tagged?.digest === reference.digest) return { kind: 'locked', entry: tagged, how: 'pinned' };
    if (own !== undefined) return { kind: 'locked', entry: own, how: 'same' };
    if (tagged === undefined) {
      const origin =
        reference.tag === undefined
          ? undefined
          : byContent.get(contentKey(reference.repository, reference.digest));
      return origin === undefined ? unlocked : { kind: 'stale', entry: origin };
    }
    if (tagged.platforms.some((one) => one.digest === reference.digest)) {
      return { kind: 'locked', entry: tagged, how: 'platform' };
    }
    if (tagged.replaced?.includes(reference.digest)) return { kind: 'outdated', entry: tagged };
    // Without a tag in the reference, nobody said that it means what the entry's tag means.
    return reference.tag === undefined ? unlocked : { kind: 'contradicted', entry: tagged };
  };
  return { ask, find };
}

/** Entries by the digests that `pin` has written for them. */
function entriesByContent(lock: Lock): ReadonlyMap<string, LockEntry> {
  const pinned = lock.entries.filter((entry) => entry.reference.digest === undefined);
  return new Map(
    pinned.flatMap((entry) =>
      [entry.digest, ...(entry.replaced ?? [])].map(
        (digest) => [contentKey(entry.reference.repository, digest), entry] as const,
      ),
    ),
  );
}

function contentKey(repository: Repository, digest: Digest): string {
  return `${repositoryName(repository)}@${digest}`;
}

const unlocked: LockAnswer = { kind: 'unlocked' };
