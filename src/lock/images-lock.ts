import { stringify } from 'yaml';
import type { Digest } from '../reference/digest.ts';
import { effectiveTag, joinReference, type Reference, tryParseReference } from '../reference/reference.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Lock, LockEntry } from './lock.ts';
import type { LockMap } from './lock-document.ts';

const imagesLockVersion = 'imgpkg.carvel.dev/v1alpha1';
const kbldConfigVersion = 'kbld.k14s.io/v1alpha1';
const idAnnotation = 'kbld.carvel.dev/id';
const originsAnnotation = 'kbld.carvel.dev/origins';

export function isImagesLock(map: LockMap): boolean {
  return map.text('apiVersion') === imagesLockVersion && map.text('kind') === 'ImagesLock';
}

export function isKbldConfig(map: LockMap): boolean {
  return map.text('apiVersion') === kbldConfigVersion && map.text('kind') === 'Config';
}

/**
 * The entries of an `ImagesLock`, as kbld writes it and imgpkg reads it: `image` is by digest, and the
 * annotation `kbld.carvel.dev/id` is the reference it came from. Source: carvel.dev/imgpkg, "Resources".
 * @throws LockError `LOCK_UNREADABLE`
 */
export function parseImagesLock(map: LockMap): readonly LockEntry[] {
  return map.maps('images').map((image) => {
    const resolved = readByDigest(image, 'image');
    const annotations = image.map('annotations')?.allTexts() ?? {};
    const id = annotations[idAnnotation];
    const reference = id === undefined ? resolved : readReference(image, id);
    const imagesLock = { repository: resolved.repository, annotations };
    return { reference, digest: resolved.digest, platforms: [], imagesLock, line: image.line };
  });
}

/**
 * The overrides of a kbld `Config` (`kbld --lock-output`) that are resolved already. Others only rename, so
 * they lock nothing.
 * @throws LockError `LOCK_UNREADABLE`
 */
export function parseKbldConfig(map: LockMap): readonly LockEntry[] {
  return map.maps('overrides').flatMap((override) => {
    const image = override.text('image');
    if (image === undefined || override.text('preresolved') !== 'true') return [];
    const { digest } = readByDigest(override, 'newImage');
    return [{ reference: readReference(override, image), digest, platforms: [], line: override.line }];
  });
}

/** The same lock for imgpkg and kbld. Platforms, labels and times have no place there. */
export function formatImagesLock(lock: Lock): string {
  const images = lock.entries.map(({ reference, digest, imagesLock }) => ({
    annotations: imagesLock?.annotations ?? {
      [idAnnotation]: reference.original,
      [originsAnnotation]: stringify([originOf(reference)], { lineWidth: 0 }),
    },
    image: joinReference(carvelName(imagesLock?.repository ?? reference.repository), undefined, digest),
  }));
  const document = { apiVersion: imagesLockVersion, images, kind: 'ImagesLock' };
  return `---\n${stringify(document, { lineWidth: 0, blockQuote: 'literal', indentSeq: false })}`;
}

function originOf(reference: Reference): unknown {
  if (reference.digest !== undefined) return { preresolved: { url: reference.original } };
  return { resolved: { tag: effectiveTag(reference), url: reference.original } };
}

/** go-containerregistry, which the Carvel tools use, calls Docker Hub `index.docker.io`. */
function carvelName(repository: Repository): string {
  return repositoryName(repository).replace(/^docker\.io\//, 'index.docker.io/');
}

function readByDigest(map: LockMap, key: string): Reference & { readonly digest: Digest } {
  const reference = readReference(map, map.requiredText(key));
  const { digest } = reference;
  if (digest === undefined) {
    throw map.unreadable(`expected a digest in ${key}, got ${reference.original.slice(0, 200)}`);
  }
  return { ...reference, digest };
}

/** @throws LockError `LOCK_UNREADABLE` */
export function readReference(map: LockMap, text: string): Reference {
  const reference = tryParseReference(text);
  if (reference === undefined) throw map.unreadable(`not a reference: ${JSON.stringify(text.slice(0, 200))}`);
  return reference;
}
