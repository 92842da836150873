import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Endpoint } from './endpoint.ts';
import { type Connection, registryEndpoint, requestTo } from './endpoint-walk.ts';
import { RegistryError } from './errors.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf } from './http/http.ts';
import type { Expected, PushBlobOptions, RequestOptions } from './registry-client.ts';
import { responseError } from './response-error.ts';

/** Times an upload is begun anew where it broke: its source can be opened again. */
const uploadsMax = 2;

/** Uploads a blob unless it is there. See `RegistryWriter.pushBlob`. */
export async function pushBlob(
  connection: Connection,
  repository: Repository,
  blob: Expected,
  open: () => AsyncIterable<Uint8Array>,
  options: PushBlobOptions = {},
): Promise<'pushed' | 'present'> {
  const upload = await makeUpload(connection, repository, blob, options);
  if (await upload.exists()) return 'present';
  for (let attempt = 1; ; attempt += 1) {
    try {
      const session = await upload.begin();
      await (options.chunkBytes === undefined
        ? upload.sendWhole(session, open)
        : upload.sendChunks(session, open(), options.chunkBytes));
      return 'pushed';
    } catch (error) {
      const isBroken =
        error instanceof RegistryError && (error.retryable || error.code === 'BLOB_UPLOAD_UNKNOWN');
      if (!isBroken || attempt >= uploadsMax) throw error;
      // The answer may be lost though the bytes arrived.
      if (await upload.exists()) return 'pushed';
    }
  }
}

/** Makes a blob of one repository one of another. See `RegistryWriter.mountBlob`. */
export async function mountBlob(
  connection: Connection,
  repository: Repository,
  blob: Expected,
  from: Repository,
  options: RequestOptions = {},
): Promise<boolean> {
  if (from.registry !== repository.registry) return false;
  const upload = await makeUpload(connection, repository, blob, options);
  return upload.mount(from);
}

async function makeUpload(
  connection: Connection,
  repository: Repository,
  blob: Expected,
  { signal }: RequestOptions,
): Promise<Upload> {
  const endpoint = await registryEndpoint(connection, repository);
  return new Upload(connection, endpoint, `${repositoryName(repository)}@${blob.digest}`, blob, signal);
}

/** One blob on its way into one repository. A session is the URL that the registry named last. */
class Upload {
  readonly #connection: Connection;
  readonly #endpoint: Endpoint;
  readonly #about: string;
  readonly #blob: Expected;
  readonly #signal: AbortSignal | undefined;

  constructor(
    connection: Connection,
    endpoint: Endpoint,
    about: string,
    blob: Expected,
    signal: AbortSignal | undefined,
  ) {
    this.#connection = connection;
    this.#endpoint = endpoint;
    this.#about = about;
    this.#blob = blob;
    this.#signal = signal;
  }

  async exists(): Promise<boolean> {
    const request = this.#request('HEAD', `blobs/${this.#blob.digest}`);
    const response = await this.#connection.send(request);
    if (response.status === 200 || response.status === 404) {
      response.body.discard();
      return response.status === 200;
    }
    throw await responseError(request, response, this.#connection.reading);
  }

  async begin(): Promise<URL> {
    const request = { ...this.#request('POST', 'blobs/uploads/'), repeatable: true };
    return this.#location(request, await this.#expect(request, 202));
  }

  /** Source: OCI distribution spec 1.1, "Mounting a blob from another repository". */
  async mount(from: Repository): Promise<boolean> {
    const plain = this.#request('POST', 'blobs/uploads/');
    plain.url.searchParams.set('mount', this.#blob.digest);
    plain.url.searchParams.set('from', from.path);
    const access = { repository: this.#endpoint.repository, actions: 'push' as const, from };
    const request = { ...plain, access, repeatable: true };
    const response = await this.#expect(request, 201, 202);
    if (response.status === 201) return true;
    // A 202 is an upload session we did not want: it is given back.
    const cancel = { ...this.#request('DELETE', ''), url: this.#location(request, response) };
    (await this.#connection.send(cancel)).body.discard();
    return false;
  }

  /** One PUT with all bytes, as they are read. */
  async sendWhole(session: URL, open: () => AsyncIterable<Uint8Array>): Promise<void> {
    const request = {
      ...this.#finish(session),
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(this.#blob.size) },
      body: open,
    };
    await this.#expect(request, 201);
  }

  /** PATCH by PATCH, each to the place that the answer to the last one named; then a PUT without bytes. */
  async sendChunks(session: URL, source: AsyncIterable<Uint8Array>, chunkBytes: number): Promise<void> {
    let location = session;
    let sent = 0;
    for await (const chunk of regroup(source, chunkBytes)) {
      const request = {
        ...this.#request('PATCH', ''),
        url: location,
        headers: {
          'content-type': 'application/octet-stream',
          // Without a unit, unlike Range. Source: OCI distribution spec 1.1, "Pushing a blob in chunks".
          'content-range': `${sent}-${sent + chunk.length - 1}`,
        },
        body: chunk,
      };
      location = this.#location(request, await this.#expect(request, 202));
      sent += chunk.length;
    }
    await this.#expect({ ...this.#finish(location), headers: { 'content-length': '0' } }, 201);
  }

  #finish(session: URL): HttpRequest {
    const url = new URL(session);
    // The session's URL may carry a query of its own, which stays.
    url.searchParams.set('digest', this.#blob.digest);
    return { ...this.#request('PUT', ''), url };
  }

  async #expect(request: HttpRequest, ...statuses: readonly number[]): Promise<HttpResponse> {
    const response = await this.#connection.send(request);
    if (!statuses.includes(response.status)) {
      throw await responseError(request, response, this.#connection.reading);
    }
    response.body.discard();
    return response;
  }

  /** An upload stays on the host it began on: the credential goes along with every step. */
  #location(request: HttpRequest, response: HttpResponse): URL {
    const location = headerOf(response, 'location') ?? '';
    const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
    if (location !== '' && url?.host === request.url.host) {
      return new URL(url.pathname + url.search, request.url.origin);
    }
    throw new RegistryError(
      'REDIRECT_REFUSED',
      `${this.#about}: ${hostOf(request.url)} names ${url === undefined ? 'no place' : `another host (${url.host})`} for the upload`,
      { hint: 'the registry must know the name it is called by: set its external URL' },
    );
  }

  #request(method: HttpRequest['method'], suffix: string): HttpRequest {
    return requestTo(this.#endpoint, method, suffix, {
      about: this.#about,
      signal: this.#signal,
      actions: 'push',
    });
  }
}

/** The same bytes in pieces of exactly this many, but for the last. */
async function* regroup(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < size) continue;
    const joined = Buffer.concat(held, bytes);
    let from = 0;
    for (; bytes - from >= size; from += size) yield joined.subarray(from, from + size);
    held = [joined.subarray(from)];
    bytes -= from;
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
}
