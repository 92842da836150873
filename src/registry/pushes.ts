import { type Descriptor, type Manifest, parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { type Digest, digestOf, tryParseDigest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import { type Connection, registryEndpoint, requestTo } from './endpoint-walk.ts';
import { RegistryError } from './errors.ts';
import { type HttpResponse, headerOf, hostOf } from './http/http.ts';
import { aboutManifest } from './manifests.ts';
import { fallbackTag, readFallbackTag } from './referrers.ts';
import type { RequestOptions } from './registry-client.ts';
import { responseError } from './response-error.ts';

/**
 * Stores a manifest. See `RegistryWriter.pushManifest`.
 * @throws RegistryError `DIGEST_MISMATCH` where the target is a digest the bytes do not have, or the
 *   registry says that it stored others
 */
export async function pushManifest(
  connection: Connection,
  repository: Repository,
  target: Tag | Digest,
  bytes: Uint8Array,
  mediaType: string,
  options: RequestOptions = {},
): Promise<Digest> {
  const about = aboutManifest(repository, target);
  const manifest = parseManifest(bytes, mediaType);
  const digest = tryParseDigest(target) ?? digestOf(bytes);
  const response = await putManifest(connection, repository, target, bytes, mediaType, options);
  const told = tryParseDigest(headerOf(response, 'docker-content-digest') ?? '');
  if (told !== undefined && told !== digest) {
    throw new RegistryError(
      'DIGEST_MISMATCH',
      `${about}: ${hostOf(response.url)} stored ${told}, not ${digest}`,
      {
        hint: 'the registry, or a proxy before it, rewrites manifests: do not use it',
      },
    );
  }
  const subject = subjectOf(manifest);
  if (subject !== undefined && headerOf(response, 'oci-subject') === undefined) {
    await addToFallbackTag(
      connection,
      repository,
      subject,
      describe(manifest, digest, bytes.length),
      options,
    );
  }
  return digest;
}

async function putManifest(
  connection: Connection,
  repository: Repository,
  target: Tag | Digest,
  bytes: Uint8Array,
  mediaType: string,
  { signal }: RequestOptions,
): Promise<HttpResponse> {
  const about = aboutManifest(repository, target);
  const endpoint = await registryEndpoint(connection, repository);
  const request = {
    ...requestTo(endpoint, 'PUT', `manifests/${target}`, { about, signal, actions: 'push' }),
    headers: { 'content-type': mediaType },
    body: bytes,
    repeatable: true,
  };
  const response = await connection.send(request);
  if (response.status !== 201) throw await responseError(request, response, connection.reading);
  response.body.discard();
  return response;
}

/**
 * Keeps the index of referrers that a registry without the referrers API does not keep itself.
 * Source: OCI distribution spec 1.1, "Pushing Manifests with Subject".
 */
async function addToFallbackTag(
  connection: Connection,
  repository: Repository,
  subject: Digest,
  referrer: Descriptor,
  options: RequestOptions,
): Promise<void> {
  const listed = await readFallbackTag(connection, repository, subject, options);
  if (listed.some(({ digest }) => digest === referrer.digest)) return;
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...listed, referrer] };
  const bytes = Buffer.from(JSON.stringify(index));
  await putManifest(connection, repository, fallbackTag(subject), bytes, mediaTypes.ociIndex, options);
}

function subjectOf(manifest: Manifest): Digest | undefined {
  return manifest.kind === 'schema1' ? undefined : manifest.subject?.digest;
}

/** `artifactType` of a referrer: its own, or its config's media type. Source: ibid., "Listing Referrers". */
function describe(manifest: Manifest, digest: Digest, size: number): Descriptor {
  const own = manifest.kind === 'schema1' ? undefined : manifest.artifactType;
  const artifactType = own ?? (manifest.kind === 'manifest' ? manifest.config.mediaType : undefined);
  return {
    mediaType: manifest.mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.kind === 'schema1' || Object.keys(manifest.annotations).length === 0
      ? {}
      : { annotations: manifest.annotations }),
  };
}
