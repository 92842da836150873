import { describeError } from '../errors.ts';
import { type Manifest, parseManifest } from '../oci/manifest.ts';
import { manifestAccept, mediaTypes } from '../oci/media-type.ts';
import { type Digest, digestAlgorithm, digestOf, tryParseDigest } from '../reference/digest.ts';
import { joinReference } from '../reference/reference.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { Endpoint } from './endpoint.ts';
import { askEndpoints, type Connection, requestTo } from './endpoint-walk.ts';
import { RegistryError } from './errors.ts';
import { readBody } from './http/body.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf } from './http/http.ts';
import type { FetchedManifest, ManifestHead, RequestOptions } from './registry-client.ts';
import { looksLikePage, responseError } from './response-error.ts';
import { schema1Payload } from './schema1.ts';

/** The manifest's digest and type by HEAD; by GET where HEAD does not tell. See `RegistryReader`. */
export function headManifest(
  connection: Connection,
  repository: Repository,
  target: Tag | Digest,
  options: RequestOptions = {},
): Promise<ManifestHead | undefined> {
  const digest = tryParseDigest(target);
  return askEndpoints(connection, repository, digest === undefined ? 'tag' : 'digest', async (endpoint) => {
    const request = manifestRequest(endpoint, 'HEAD', repository, target, options);
    const response = await connection.send(request);
    response.body.discard();
    if (mustNotAskAgain(response)) throw await responseError(request, response, connection.reading);
    if (isPlainlyAbsent(response)) return undefined;
    const head = response.status === 200 ? readHead(response, digest) : undefined;
    if (head !== undefined) return head;
    // No HEAD (405), no digest (older registries), or an error whose reason only a body can tell.
    const fetched = await getFrom(connection, endpoint, repository, target, options);
    return fetched && { digest: fetched.digest, mediaType: fetched.mediaType, size: fetched.bytes.length };
  });
}

/** The manifest's bytes, their digest computed. See `RegistryReader`. */
export function getManifest(
  connection: Connection,
  repository: Repository,
  target: Tag | Digest,
  options: RequestOptions = {},
): Promise<FetchedManifest | undefined> {
  const needs = tryParseDigest(target) === undefined ? 'tag' : 'digest';
  return askEndpoints(connection, repository, needs, (endpoint) =>
    getFrom(connection, endpoint, repository, target, options),
  );
}

/** A GET would meet the same refusal, and cost a pull. */
function mustNotAskAgain(response: HttpResponse): boolean {
  const { status } = response;
  return status === 401 || status === 429 || (status >= 500 && status !== 501);
}

/**
 * A registry's own 404, by the type of its errors: a GET would say the same. One of another type may be a proxy's
 * or of a registry that serves no HEAD. Source: OCI distribution, "Error Codes".
 */
function isPlainlyAbsent(response: HttpResponse): boolean {
  return response.status === 404 && /^application\/json\b/.test(mediaTypeOf(response));
}

function readHead(response: HttpResponse, asked: Digest | undefined): ManifestHead | undefined {
  const digest = tryParseDigest(headerOf(response, 'docker-content-digest') ?? '');
  const mediaType = mediaTypeOf(response);
  if (digest === undefined || (asked !== undefined && digest !== asked)) return undefined;
  if (mediaType === '' || looksLikePage(response)) return undefined;
  const length = headerOf(response, 'content-length');
  return { digest, mediaType, size: length === undefined ? undefined : Number(length) };
}

async function getFrom(
  connection: Connection,
  endpoint: Endpoint,
  repository: Repository,
  target: Tag | Digest,
  options: RequestOptions,
): Promise<FetchedManifest | undefined> {
  const { reading, send } = connection;
  const request = manifestRequest(endpoint, 'GET', repository, target, options);
  const response = await send(request);
  if (response.status !== 200) {
    const error = await responseError(request, response, reading);
    if (response.status === 404 && error.code !== 'NOT_A_REGISTRY') return undefined;
    throw error;
  }
  const bytes = await readBody(request, response, {
    bytesMax: reading.limits.manifestBytesMax,
    timeoutMs: reading.limits.documentTimeoutMs,
  });
  const mediaType = mediaTypeOf(response);
  if (bytes.length === 0) throw notAManifest(request, response, 'with nothing');
  if (looksLikePage(response, new TextDecoder().decode(bytes.subarray(0, 200)))) {
    throw notAManifest(request, response, 'with a web page');
  }
  const digest = verify(request, response, bytes, mediaType, tryParseDigest(target));
  const manifest = parse(request, bytes, mediaType);
  const servedBy = endpoint.repository.registry;
  return { bytes, digest, mediaType: manifest.mediaType, manifest, servedBy };
}

/** The digest of the bytes, which must be the one asked for, and the one in the header where there is one. */
function verify(
  request: HttpRequest,
  response: HttpResponse,
  bytes: Uint8Array,
  mediaType: string,
  asked: Digest | undefined,
): Digest {
  const told = tryParseDigest(headerOf(response, 'docker-content-digest') ?? '');
  const signed = mediaType === mediaTypes.dockerSchema1Signed ? schema1Payload(bytes) : undefined;
  for (const expected of [asked, told]) {
    if (expected === undefined) continue;
    const computed = digestOf(signed ?? bytes, digestAlgorithm(expected));
    if (computed === expected) continue;
    const who = expected === asked ? 'what was asked for' : `what ${hostOf(response.url)} says`;
    throw new RegistryError(
      'DIGEST_MISMATCH',
      `${request.about}: the manifest's bytes have the digest ${computed}, not ${who}: ${expected}`,
      { hint: 'a cache or proxy on the way changes or cuts it, or the registry is damaged: do not use it' },
    );
  }
  return asked ?? digestOf(signed ?? bytes);
}

function parse(request: HttpRequest, bytes: Uint8Array, mediaType: string): Manifest {
  try {
    return parseManifest(bytes, mediaType);
  } catch (cause) {
    throw new RegistryError(
      'MANIFEST_INVALID',
      `${request.about}: ${hostOf(request.url)} serves no manifest that can be read: ${describeError(cause)}`,
      { hint: 'push the image again; a proxy on the way may also answer in its place', cause },
    );
  }
}

function notAManifest(request: HttpRequest, response: HttpResponse, how: string): RegistryError {
  return new RegistryError('NOT_A_REGISTRY', `${request.about}: ${hostOf(response.url)} answered ${how}`, {
    hint: 'a login page, captive portal or broken cache answers there: fix that, then remove what it cached',
  });
}

function manifestRequest(
  endpoint: Endpoint,
  method: 'GET' | 'HEAD',
  repository: Repository,
  target: Tag | Digest,
  { signal }: RequestOptions,
): HttpRequest {
  const about = aboutManifest(repository, target);
  const request = requestTo(endpoint, method, `manifests/${target}`, { about, signal });
  return { ...request, headers: { accept: manifestAccept.join(', ') } };
}

/** `ghcr.io/org/app:1.0`: what an error says it is about. */
export function aboutManifest(repository: Repository, target: Tag | Digest): string {
  const digest = tryParseDigest(target);
  return joinReference(repositoryName(repository), digest === undefined ? target : undefined, digest);
}

function mediaTypeOf(response: HttpResponse): string {
  return (headerOf(response, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
