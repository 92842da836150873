import { createHash, type Hash } from 'node:crypto';
import type { Descriptor } from '../oci/manifest.ts';
import { digestAlgorithm } from '../reference/digest.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Endpoint } from './endpoint.ts';
import { askEndpoints, type Connection, requestTo } from './endpoint-walk.ts';
import { RegistryError } from './errors.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf } from './http/http.ts';
import type { Expected, RequestOptions } from './registry-client.ts';
import { responseError } from './response-error.ts';

/** A blob's bytes as they come, resumed and verified. See `RegistryReader.openBlob`. */
export function openBlob(
  connection: Connection,
  repository: Repository,
  blob: Expected,
  options: RequestOptions = {},
): Promise<AsyncIterable<Uint8Array> | undefined> {
  return askEndpoints(connection, repository, 'digest', async (endpoint) => {
    const source = new BlobSource(connection, endpoint, repository, blob, options);
    const response = await source.request(0);
    return response && verified(source.readFrom(response), source, blob);
  });
}

/** The whole of a small blob. See `RegistryReader.getSmallBlob`. */
export async function getSmallBlob(
  connection: Connection,
  repository: Repository,
  descriptor: Descriptor,
  options: RequestOptions = {},
): Promise<Uint8Array | undefined> {
  const bytesMax = connection.reading.limits.smallBlobBytesMax;
  if (descriptor.size > bytesMax) {
    throw new RegistryError(
      'TOO_LARGE',
      `${aboutBlob(repository, descriptor)}: ${descriptor.size} bytes are more than the ${bytesMax} read into memory`,
      { hint: 'no image config is that large: what is it?' },
    );
  }
  const stream = await openBlob(connection, repository, descriptor, options);
  if (stream === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Passes bytes on while they are of the right number, and the last of them only if all are the right ones. */
async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  source: BlobSource,
  blob: Expected,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(digestAlgorithm(blob.digest));
  let held: Uint8Array | undefined;
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > blob.size) throw source.wrongSize(`more than the ${blob.size} bytes its descriptor names`);
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (size < blob.size)
    throw source.wrongSize(`${size} bytes instead of the ${blob.size} its descriptor names`);
  source.verify(hash);
  if (held !== undefined) yield held;
}

/** One blob at one place: asked for, and asked for again from where it broke. */
class BlobSource {
  readonly #connection: Connection;
  readonly #request: HttpRequest;
  readonly #blob: Expected;

  constructor(
    connection: Connection,
    endpoint: Endpoint,
    repository: Repository,
    blob: Expected,
    { signal }: RequestOptions,
  ) {
    this.#connection = connection;
    this.#blob = blob;
    this.#request = requestTo(endpoint, 'GET', `blobs/${blob.digest}`, {
      about: aboutBlob(repository, blob),
      signal,
    });
  }

  /** Undefined where the registry has no such blob. */
  async request(from: number): Promise<HttpResponse | undefined> {
    const request = from === 0 ? this.#request : { ...this.#request, headers: { range: `bytes=${from}-` } };
    let response = await this.#connection.send(request);
    if (response.status === 403 && response.url.origin !== request.url.origin) {
      // The storage's signed URL has expired on the way: the registry signs a new one.
      response.body.discard();
      response = await this.#connection.send(request);
    }
    if (response.status === 200 || response.status === 206) return response;
    const error = await responseError(request, response, this.#connection.reading);
    if (response.status === 404 && error.code !== 'NOT_A_REGISTRY') return undefined;
    throw error;
  }

  /** All bytes, taking up a body that breaks at the byte where it broke. */
  async *readFrom(first: HttpResponse): AsyncGenerator<Uint8Array> {
    let response = first;
    let read = 0;
    // Bytes that come again because the registry does not serve ranges.
    let skip = 0;
    for (let resumes = 0; ; resumes += 1) {
      try {
        for await (const chunk of response.body) {
          const fresh = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - fresh.length;
          if (fresh.length === 0) continue;
          read += fresh.length;
          yield fresh;
        }
        return;
      } catch (error) {
        const isBroken = error instanceof RegistryError && error.retryable;
        if (!isBroken || resumes >= this.#connection.reading.limits.blobResumesMax) throw error;
      }
      const again = await this.request(read);
      if (again === undefined) throw this.wrongSize(`${read} bytes, and then was there no more`);
      skip = this.#startOf(again, read) === read ? 0 : read;
      response = again;
    }
  }

  wrongSize(says: string): RegistryError {
    return new RegistryError('SIZE_MISMATCH', `${this.#request.about}: the registry sent ${says}`, {
      hint: 'a cache or proxy on the way cuts or replaces it, or the registry is damaged',
    });
  }

  verify(hash: Hash): void {
    const computed = `${digestAlgorithm(this.#blob.digest)}:${hash.digest('hex')}`;
    if (computed === this.#blob.digest) return;
    throw new RegistryError(
      'DIGEST_MISMATCH',
      `${this.#request.about}: the bytes have the digest ${computed}`,
      {
        hint: 'a cache or proxy on the way changes it, or the registry is damaged: do not use it',
      },
    );
  }

  /** A 206 counts only with the range that was asked for; a 200 starts from zero. */
  #startOf(response: HttpResponse, asked: number): number {
    if (response.status !== 206) return 0;
    const start = /^bytes (\d+)-/.exec(headerOf(response, 'content-range') ?? '')?.[1];
    if (Number(start) === asked) return asked;
    response.body.discard();
    throw new RegistryError(
      'NOT_A_REGISTRY',
      `${this.#request.about}: ${hostOf(response.url)} sent another part than was asked for`,
      { hint: 'the storage or a proxy handles Range wrongly' },
    );
  }
}

function aboutBlob(repository: Repository, blob: Expected): string {
  return `${repositoryName(repository)}@${blob.digest}`;
}
