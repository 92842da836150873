import { type Descriptor, parseManifest } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import type { Digest } from '../reference/digest.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import { parseTag, type Tag } from '../reference/tag.ts';
import { type Connection, registryEndpoint, requestTo } from './endpoint-walk.ts';
import { RegistryError } from './errors.ts';
import { readBody } from './http/body.ts';
import { type HttpRequest, type HttpResponse, headerOf } from './http/http.ts';
import { getManifest } from './manifests.ts';
import { nextPage } from './next-page.ts';
import type { RequestOptions } from './registry-client.ts';
import { responseError } from './response-error.ts';

/**
 * What refers to a manifest: by the referrers API, or where that answers 404 by the fallback tag. Filtered
 * here whatever the registry says of its own filtering.
 * Source: OCI distribution spec 1.1, "Listing Referrers", "Referrers Tag Schema".
 */
export async function listReferrers(
  connection: Connection,
  repository: Repository,
  subject: Digest,
  options: RequestOptions & { readonly artifactType?: string } = {},
): Promise<readonly Descriptor[]> {
  const { artifactType } = options;
  const all =
    (await askApi(connection, repository, subject, options)) ??
    (await readFallbackTag(connection, repository, subject, options));
  return artifactType === undefined ? all : all.filter((referrer) => referrer.artifactType === artifactType);
}

/** `sha256-<hex>`: the tag that stands in for the API. */
export function fallbackTag(subject: Digest): Tag {
  return parseTag(subject.replace(':', '-').slice(0, 128));
}

/** What the fallback tag lists; empty where it does not exist or is no index. */
export async function readFallbackTag(
  connection: Connection,
  repository: Repository,
  subject: Digest,
  options: RequestOptions,
): Promise<readonly Descriptor[]> {
  const found = await getManifest(connection, repository, fallbackTag(subject), options);
  return found?.manifest.kind === 'index' ? found.manifest.manifests : [];
}

/** Undefined where the registry has no referrers API. */
async function askApi(
  connection: Connection,
  repository: Repository,
  subject: Digest,
  { signal, artifactType }: RequestOptions & { readonly artifactType?: string },
): Promise<readonly Descriptor[] | undefined> {
  const { limits } = connection.reading;
  const about = `${repositoryName(repository)}@${subject}`;
  const endpoint = await registryEndpoint(connection, repository);
  let request = requestTo(endpoint, 'GET', `referrers/${subject}`, { about, signal });
  if (artifactType !== undefined) request.url.searchParams.set('artifactType', artifactType);
  const visited = new Set<string>();
  const referrers: Descriptor[] = [];
  for (;;) {
    visited.add(request.url.href);
    const response = await connection.send(request);
    if (visited.size === 1 && isWithoutApi(response)) {
      response.body.discard();
      return undefined;
    }
    referrers.push(...(await readIndex(connection, request, response)));
    const next = nextPage(request, response, visited);
    if (next === undefined) return referrers;
    if (visited.size >= limits.referrerPagesMax) {
      throw new RegistryError(
        'TOO_LARGE',
        `${about}: more than ${limits.referrerPagesMax} pages of referrers`,
        {
          hint: 'a registry that never ends its list leads us nowhere: look at its Link headers with curl',
        },
      );
    }
    request = { ...request, url: next };
  }
}

/** 404 by the spec; some older registries take the path for another and answer so, or 405. */
function isWithoutApi(response: HttpResponse): boolean {
  if (response.status === 404 || response.status === 405 || response.status === 400) return true;
  return response.status === 200 && !(headerOf(response, 'content-type') ?? '').includes(mediaTypes.ociIndex);
}

async function readIndex(
  connection: Connection,
  request: HttpRequest,
  response: HttpResponse,
): Promise<readonly Descriptor[]> {
  const { reading } = connection;
  if (response.status !== 200) throw await responseError(request, response, reading);
  const bytes = await readBody(request, response, {
    bytesMax: reading.limits.manifestBytesMax,
    timeoutMs: reading.limits.documentTimeoutMs,
  });
  const index = parseManifest(bytes, mediaTypes.ociIndex);
  return index.kind === 'index' ? index.manifests : [];
}
