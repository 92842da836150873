import { stringify } from 'yaml';
import { formatInstant } from '../clock.ts';
import { formatPlatform, type Platform, parsePlatform } from '../oci/platform.ts';
import { type Digest, tryParseDigest } from '../reference/digest.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';
import { LockError } from './errors.ts';
import {
  isImagesLock,
  isKbldConfig,
  parseImagesLock,
  parseKbldConfig,
  readReference,
} from './images-lock.ts';
import { type Lock, type LockEntry, type LockedLabels, lockKey, makeLock } from './lock.ts';
import { type LockMap, readLockDocument } from './lock-document.ts';

/** The version this program writes, and the newest it reads. */
const lockVersion = 1;

/** How a lock file is written down; kbld's `Config` is read but not written. */
export type LockFormat = 'holdfast' | 'kbld-imageslock' | 'kbld-config';

export type ParsedLock = { readonly lock: Lock; readonly format: LockFormat };

const header = `# What content each image reference means. Written by "holdfast lock"; commit it.
# "holdfast pin" writes these digests into manifests, "holdfast lock --check" compares them offline.
`;

/**
 * A lock file of ours, or kbld's, told apart by content. An empty file is an empty lock.
 * @throws LockError naming file and line
 */
export function parseLockFile(text: string, file: string): ParsedLock {
  const document = readLockDocument(text, file);
  if (document === undefined) return { format: 'holdfast', lock: makeLock([]) };
  if (isImagesLock(document)) {
    return { format: 'kbld-imageslock', lock: uniqueLock(parseImagesLock(document), file) };
  }
  if (isKbldConfig(document)) {
    return { format: 'kbld-config', lock: uniqueLock(parseKbldConfig(document), file) };
  }
  refuseOtherVersion(document, file);
  return { format: 'holdfast', lock: uniqueLock(document.maps('images').map(parseEntry), file) };
}

/** The whole text of a lock file: stable, so that the same lock gives the same bytes. */
export function formatLockFile(lock: Lock): string {
  const document = { version: lockVersion, images: lock.entries.map(lockEntryDocument) };
  return header + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** An entry as it stands in the file, and in `--output json`. */
export function lockEntryDocument(entry: LockEntry): Readonly<Record<string, unknown>> {
  return {
    reference: entry.reference.original,
    digest: entry.digest,
    mediaType: entry.mediaType,
    resolvedAt: entry.resolvedAt === undefined ? undefined : formatInstant(entry.resolvedAt),
    from: entry.from,
    buildTag: entry.buildTag,
    labels: entry.labels,
    platforms:
      entry.platforms.length === 0
        ? undefined
        : entry.platforms.map(({ platform, digest }) => ({ platform: formatPlatform(platform), digest })),
    replaced: entry.replaced,
    writtenIn: entry.writtenIn,
  };
}

function refuseOtherVersion(document: LockMap, file: string): void {
  const version = document.text('version');
  if (version === String(lockVersion)) return;
  if (version !== undefined && /^[0-9]+$/.test(version) && Number(version) > lockVersion) {
    throw new LockError(
      'LOCK_NEWER',
      `${file} has version ${version}; this Holdfast knows versions up to ${lockVersion}`,
      { hint: 'use the Holdfast that wrote it, or a newer one' },
    );
  }
  throw document.unreadable(
    version === undefined
      ? 'expected version'
      : `expected version ${lockVersion}, got ${version.slice(0, 40)}`,
  );
}

/** Two entries for one reference, of which one must be wrong, are refused; so a merge cannot hide one. */
function uniqueLock(entries: readonly LockEntry[], file: string): Lock {
  const seen = new Map<string, LockEntry>();
  for (const entry of entries) {
    const key = lockKey(entry.reference);
    const before = seen.get(key);
    if (before !== undefined) {
      throw new LockError(
        'LOCK_DUPLICATE',
        `${file} has ${entry.reference.original} twice, in lines ${before.line} and ${entry.line}`,
        { hint: 'remove one of them; after a merge, the one whose digest is meant stays' },
      );
    }
    seen.set(key, entry);
  }
  return makeLock(entries);
}

function parseEntry(map: LockMap): LockEntry {
  const instant = map.text('resolvedAt');
  const tag = map.text('buildTag');
  const writtenIn = map.texts('writtenIn');
  const replaced = map.texts('replaced').map((text) => readDigest(map, text));
  const labels = map.map('labels');
  return {
    reference: readReference(map, map.requiredText('reference')),
    digest: readDigest(map, map.requiredText('digest')),
    ...present('mediaType', map.text('mediaType')),
    ...present('resolvedAt', instant === undefined ? undefined : readInstant(map, instant)),
    ...present('from', map.text('from')),
    ...present('buildTag', tag === undefined ? undefined : readTag(map, tag)),
    ...present('labels', labels && readLabels(labels)),
    platforms: map.maps('platforms').map((one) => ({
      platform: readPlatform(one),
      digest: readDigest(one, one.requiredText('digest')),
    })),
    ...(replaced.length === 0 ? {} : { replaced }),
    ...(writtenIn.length === 0 ? {} : { writtenIn }),
    line: map.line,
  };
}

function readLabels(map: LockMap): LockedLabels {
  return {
    ...present('version', map.text('version')),
    ...present('revision', map.text('revision')),
    ...present('source', map.text('source')),
  };
}

/** A platform is one that can be written down so that it is read as the same. */
export function isLockablePlatform(platform: Platform): boolean {
  return findPlatform(formatPlatform(platform)) !== undefined;
}

function readPlatform(map: LockMap): Platform {
  const text = map.requiredText('platform');
  const platform = findPlatform(text);
  if (platform === undefined) throw map.unreadable(`not a platform: ${JSON.stringify(text.slice(0, 80))}`);
  return platform;
}

function findPlatform(text: string): Platform | undefined {
  try {
    return parsePlatform(text);
  } catch {
    return undefined;
  }
}

function readTag(map: LockMap, text: string): Tag {
  const tag = tryParseTag(text);
  if (tag === undefined) throw map.unreadable(`not a tag: ${JSON.stringify(text.slice(0, 200))}`);
  return tag;
}

function readDigest(map: LockMap, text: string): Digest {
  const digest = tryParseDigest(text);
  if (digest === undefined) throw map.unreadable(`not a digest: ${JSON.stringify(text.slice(0, 200))}`);
  return digest;
}

function readInstant(map: LockMap, text: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw map.unreadable(`not an instant: ${JSON.stringify(text.slice(0, 40))}`);
  return at;
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}
