import type { Sighting } from '../ledger/ledger.ts';
import type { LockEntry, LockedLabels, LockedPlatform } from '../lock/lock.ts';
import { isLockablePlatform } from '../lock/lock-file.ts';
import { type BuildLabels, buildLabels, parseImageConfig } from '../oci/image-config.ts';
import { type ImageManifest, platformManifests } from '../oci/manifest.ts';
import type { Platform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, type Reference } from '../reference/reference.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { FetchedManifest } from '../registry/registry-client.ts';
import { type Asking, requestOptions } from './asking.ts';
import { findBuildTag } from './build-tag.ts';

/** What a registry said of one reference, as the lock keeps it. */
export type ResolvedEntry = {
  readonly entry: LockEntry;
  /** What was seen on the way, for the ledger. */
  readonly sightings: readonly Sighting[];
  /** What could not be looked at but is not needed either. */
  readonly notes: readonly string[];
};

/**
 * Asks the registry what a reference means now. Undefined where it does not exist.
 * @throws RegistryError, OciError
 */
export async function resolveEntry(asking: Asking, reference: Reference): Promise<ResolvedEntry | undefined> {
  const { registry, clock, signal } = asking;
  const { repository } = reference;
  const tag = reference.digest === undefined ? effectiveTag(reference) : undefined;
  const target = reference.digest ?? tag;
  if (target === undefined) return undefined;
  const fetched = await registry.getManifest(repository, target, requestOptions(signal));
  if (fetched === undefined) return undefined;
  const resolvedAt = clock.now();
  const content = await readContent(asking, repository, fetched);
  const build = tag === undefined ? noBuild : await findBuildTag(asking, { repository, tag }, fetched.digest);
  const entry: LockEntry = {
    reference,
    digest: fetched.digest,
    mediaType: fetched.mediaType,
    resolvedAt,
    from: fetched.servedBy,
    ...(build.tag === undefined ? {} : { buildTag: build.tag }),
    ...(content.labels === undefined ? {} : { labels: content.labels }),
    platforms: content.platforms,
  };
  const seen = [tag, build.tag].filter((one) => one !== undefined);
  return {
    entry,
    sightings: seen.map((one) => sightingOf(repository, one, fetched.digest, resolvedAt)),
    notes: build.note === undefined ? [] : [build.note],
  };
}

const noBuild: { readonly tag?: Tag; readonly note?: string } = {};

export function sightingOf(repository: Repository, tag: Tag, digest: Digest, observedAt: number): Sighting {
  return { repository, tag, digest, observedAt, source: 'lock' };
}

type Content = {
  readonly platforms: readonly LockedPlatform[];
  readonly labels: LockedLabels | undefined;
};

async function readContent(
  asking: Asking,
  repository: Repository,
  fetched: FetchedManifest,
): Promise<Content> {
  const { manifest } = fetched;
  if (manifest.kind === 'schema1') return { platforms: [], labels: undefined };
  if (manifest.kind === 'manifest') {
    const config = await readConfig(asking, repository, manifest);
    const platforms = lockable([{ platform: config?.platform, digest: fetched.digest }]);
    return { platforms, labels: labelsOf(buildLabels(manifest.annotations, config?.labels ?? {})) };
  }
  const children = platformManifests(manifest);
  const platforms = lockable(children);
  const fromIndex = buildLabels(manifest.annotations);
  const isWhole =
    fromIndex.version !== undefined && fromIndex.revision !== undefined && fromIndex.source !== undefined;
  const [first] = children;
  if (isWhole || first === undefined) return { platforms, labels: labelsOf(fromIndex) };
  const child = await asking.registry.getManifest(repository, first.digest, requestOptions(asking.signal));
  // A mirror may hold an index without all of its children: then the index alone says what it can.
  if (child?.manifest.kind !== 'manifest') return { platforms, labels: labelsOf(fromIndex) };
  const config = await readConfig(asking, repository, child.manifest);
  const places = [manifest.annotations, child.manifest.annotations, config?.labels ?? {}];
  return { platforms, labels: labelsOf(buildLabels(...places)) };
}

/** Most platforms of one image that are written down; the largest real indexes have about thirty. */
const platformsMax = 200;

/** Some indexes name platforms that nobody could ask for; the index's digest covers them all the same. */
function lockable(
  children: readonly { readonly platform?: Platform | undefined; readonly digest: Digest }[],
): readonly LockedPlatform[] {
  return children
    .slice(0, platformsMax)
    .flatMap(({ platform, digest }) =>
      platform !== undefined && isLockablePlatform(platform) ? [{ platform, digest }] : [],
    );
}

/** Artifacts that are no images have a config that is none either: it says nothing then. */
async function readConfig(
  { registry, signal }: Asking,
  repository: Repository,
  manifest: ImageManifest,
): Promise<ReturnType<typeof parseImageConfig> | undefined> {
  if (!/image\.(?:config\.)?v1\+json$/.test(manifest.config.mediaType)) return undefined;
  const bytes = await registry.getSmallBlob(repository, manifest.config, requestOptions(signal));
  return bytes === undefined ? undefined : parseImageConfig(bytes);
}

/** Longest label kept: a lock file is for reading. */
const labelLengthMax = 256;

function labelsOf(labels: BuildLabels): LockedLabels | undefined {
  const kept = (['version', 'revision', 'source'] as const).flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [[key, value.slice(0, labelLengthMax)] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
