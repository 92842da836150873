import { describeError } from '../errors.ts';
import type { Descriptor, Manifest } from '../oci/manifest.ts';
import { parseManifest } from '../oci/manifest.ts';
import { digestOf, matchesDigest, tryParseDigest } from '../reference/digest.ts';
import { tryParseTag } from '../reference/tag.ts';
import type { Answer } from './answer.ts';
import { emptyAnswer, errorAnswer } from './answer.ts';
import { collectBody } from './body.ts';
import type { RegistryContent, RepositoryContent } from './content.ts';
import { absoluteUrl, type Exchange, isRead } from './exchange.ts';

/** Largest manifest taken: the size every registry should take. Source: OCI distribution spec 1.1, "Pushing Manifests". */
const manifestBytesMax = 4 * 1024 * 1024;

/** A manifest's name: the repository, and a tag or digest not yet looked at. */
type Place = { readonly repository: string; readonly target: string };

/** `/v2/<name>/manifests/<tag or digest>`: GET, HEAD, PUT, DELETE. */
export async function answerManifest(
  exchange: Exchange,
  place: Place,
  content: RegistryContent,
): Promise<Answer> {
  const { repository } = place;
  if (isRead(exchange.method)) return readManifest(exchange, place, content.find(repository));
  if (exchange.method === 'PUT') return putManifest(exchange, place, content);
  if (exchange.method === 'DELETE') return deleteManifest(place, content.find(repository));
  return errorAnswer('UNSUPPORTED');
}

function readManifest(
  { faults, headers }: Exchange,
  { repository, target }: Place,
  content: RepositoryContent | undefined,
): Answer {
  if (content === undefined) return errorAnswer('NAME_UNKNOWN', { name: repository });
  const stored = content.findManifest(target);
  const isForgotten = faults.find('forget-tag') !== undefined;
  const isRefused =
    stored !== undefined &&
    faults.find('require-accept') !== undefined &&
    !accepts(headers.accept, stored.mediaType);
  if (stored === undefined || isForgotten || isRefused) {
    return errorAnswer('MANIFEST_UNKNOWN', { name: repository, target });
  }
  return {
    status: 200,
    headers: {
      'content-type': stored.mediaType,
      'docker-content-digest': stored.digest,
      etag: `"${stored.digest}"`,
    },
    body: stored.bytes,
  };
}

/** Source: OCI distribution spec 1.1, "Pushing Manifests" and "Pushing Manifests with Subject". */
async function putManifest(
  exchange: Exchange,
  { repository, target }: Place,
  content: RegistryContent,
): Promise<Answer> {
  const digest = tryParseDigest(target);
  if (digest === undefined && tryParseTag(target) === undefined) {
    return errorAnswer('MANIFEST_INVALID', `neither a tag nor a digest: ${target.slice(0, 160)}`);
  }
  const bytes = await collectBody(exchange.body, manifestBytesMax);
  if (bytes === undefined) return { ...errorAnswer('SIZE_INVALID'), status: 413 };
  if (digest !== undefined && !matchesDigest(bytes, digest)) return errorAnswer('DIGEST_INVALID', { digest });
  const contentType = exchange.headers['content-type'] ?? '';
  const manifest = readDocument(bytes, contentType);
  if (typeof manifest === 'string') return errorAnswer('MANIFEST_INVALID', manifest);
  const opened = content.open(repository);
  const missing = findMissing(manifest, opened);
  if (missing !== undefined) return errorAnswer('MANIFEST_BLOB_UNKNOWN', { digest: missing });
  const stored = {
    digest: digest ?? digestOf(bytes),
    mediaType: manifest.mediaType,
    bytes: Uint8Array.from(bytes),
  };
  opened.putManifest(stored);
  if (digest === undefined) opened.putTag(target, stored.digest);
  const subject = manifest.kind === 'schema1' ? undefined : manifest.subject?.digest;
  const tellsSubject = subject !== undefined && exchange.faults.find('no-referrers-api') === undefined;
  return emptyAnswer(201, {
    location: absoluteUrl(exchange, `/v2/${repository}/manifests/${stored.digest}`),
    'docker-content-digest': stored.digest,
    ...(tellsSubject ? { 'oci-subject': subject } : {}),
  });
}

function deleteManifest({ repository, target }: Place, content: RepositoryContent | undefined): Answer {
  if (content === undefined) return errorAnswer('NAME_UNKNOWN', { name: repository });
  const digest = tryParseDigest(target);
  const isGone = digest === undefined ? content.deleteTag(target) : content.deleteManifest(digest);
  return isGone ? emptyAnswer(202) : errorAnswer('MANIFEST_UNKNOWN', { name: repository, target });
}

/** The document, or what is wrong with it. Schema 1 is refused as every registry of today does. */
function readDocument(bytes: Uint8Array, contentType: string): Manifest | string {
  let manifest: Manifest;
  try {
    manifest = parseManifest(bytes, contentType);
  } catch (error) {
    return describeError(error);
  }
  if (manifest.kind === 'schema1') return 'schema 1 manifests are not taken';
  const sent = contentType.split(';', 1)[0]?.trim();
  return sent === manifest.mediaType
    ? manifest
    : `Content-Type ${sent} does not fit mediaType ${manifest.mediaType}`;
}

/** The first thing the manifest names that is not in the repository; a subject may be absent. */
function findMissing(manifest: Manifest, content: RepositoryContent): string | undefined {
  if (manifest.kind === 'schema1') return undefined;
  if (manifest.kind === 'index') {
    return manifest.manifests.find((child) => content.findManifest(child.digest) === undefined)?.digest;
  }
  return [manifest.config, ...manifest.layers].find((blob) => !isThere(blob, content))?.digest;
}

/** A layer with URLs of its own need not be here. Source: OCI image spec 1.1, "Non-distributable layers". */
function isThere(blob: Descriptor, content: RepositoryContent): boolean {
  return content.findBlob(blob.digest) !== undefined || (blob.urls?.length ?? 0) > 0;
}

function accepts(accept: string | undefined, mediaType: string): boolean {
  const accepted = (accept ?? '').split(',').map((part) => part.split(';', 1)[0]?.trim());
  return accepted.includes(mediaType) || accepted.includes('*/*');
}
