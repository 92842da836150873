/**
 * Room `registry-server`: an OCI distribution 1.1 registry in memory, for the demo and for every test. May
 * import `oci`, `reference` and rung 0.
 *
 * Invariants: it is a real server on a loopback port, never a mock; it answers right unless a fault rule says
 * otherwise; it keeps no secret in its request log; what it made once it makes again with the same digests.
 *
 * It does not model: durability and garbage collection, rate limits per client (only the `quota` fault),
 * cross-algorithm lookups (content pushed under sha512 is not found by its sha256), conditional requests
 * (If-None-Match, If-Range), several ranges in one request, schema 1 pushes, HTTP/2, `OCI-Namespace` and
 * `OCI-Tag` headers of the unreleased spec, the extensions of Docker Hub, Harbor or Quay, a minimum chunk
 * length, and permissions beyond pull and push by repository.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { describeError } from '../errors.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { type Digest, type DigestAlgorithm, digestOf, tryParseDigest } from '../reference/digest.ts';
import { type AuthOptions, Authorizer } from './auth.ts';
import { RegistryContent, type RepositoryContent } from './content.ts';
import { dispatch } from './dispatch.ts';
import { RegistryServerError } from './errors.ts';
import type { FaultRule } from './fault.ts';
import { FaultRules } from './fault-rules.ts';
import {
  type ArtifactContent,
  type ImageContent,
  type PushedImage,
  putArtifact,
  putImage,
} from './images.ts';
import { type Listener, listen, type ServerTls } from './listener.ts';
import { tagsPageMaxDefault } from './lists.ts';
import { Quotas } from './quota.ts';
import { type ListenerKind, RequestLog } from './request-log.ts';
import { isRepositoryPath } from './route.ts';
import { StorageHost } from './storage-host.ts';
import { Uploads } from './uploads.ts';

export type RegistryServerOptions = {
  /** 0 for any free port, where left out. */
  readonly port?: number;
  readonly auth?: AuthOptions;
  readonly tls?: ServerTls;
  /** Serves `/v2` below this path, as Artifactory does: `/artifactory/docker`. */
  readonly pathPrefix?: string;
  /** Most names in one page of a list, and as many where the client does not say: {@link tagsPageMaxDefault}. */
  readonly pageMax?: number;
  readonly faults?: readonly FaultRule[];
  readonly clock?: Clock;
};

/** An image and where to put it. */
export type ImagePush = ImageContent & {
  readonly repository: string;
  readonly tag?: string;
  /** More tags for the same digest. */
  readonly alsoTags?: readonly string[];
};

export type ManifestPut = {
  /** What it is served as; an OCI manifest where left out. */
  readonly mediaType?: string;
  readonly tag?: string;
  readonly algorithm?: DigestAlgorithm;
};

/** Loopback only: this registry believes whoever talks to it. */
const loopback = '127.0.0.1';

/**
 * Starts a registry on the loopback interface, and a second port that blobs may be redirected to.
 *
 * ```ts
 * const server = await startRegistryServer();
 * const { digest } = server.pushImage({ repository: 'team/app', tag: '1.0' });
 * server.faults.add({ match: { endpoint: 'tags' }, times: 2, fault: { kind: 'status', status: 503 } });
 * …
 * await server.close();
 * ```
 * @throws RegistryServerError `LISTEN_FAILED`
 */
export async function startRegistryServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const server = new RegistryServer(options);
  await server.start();
  return server;
}

/** Made by {@link startRegistryServer}. */
export class RegistryServer {
  /** What goes wrong from now on: rules may be added and taken away at any time. */
  readonly faults = new FaultRules();
  readonly requests = new RequestLog();
  readonly authorizer: Authorizer;
  readonly uploads: Uploads;
  readonly #content = new RegistryContent();
  readonly #options: RegistryServerOptions;
  readonly #clock: Clock;
  readonly #listeners = new Map<ListenerKind, Listener>();

  constructor(options: RegistryServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.authorizer = new Authorizer(options.auth ?? { kind: 'none' }, this.#clock);
    this.uploads = new Uploads(this.#content);
    for (const rule of options.faults ?? []) this.faults.add(rule);
  }

  /** Scheme, host, port and path prefix, without a slash at the end. */
  get url(): string {
    return this.#originOf('registry') + (this.#options.pathPrefix ?? '');
  }

  /** `127.0.0.1:PORT`: what a reference begins with. */
  get host(): string {
    return `${loopback}:${this.#listener('registry').port}`;
  }

  /** `127.0.0.1:PORT` of the host that `redirect-to-storage` sends clients to. */
  get storageHost(): string {
    return `${loopback}:${this.#listener('storage').port}`;
  }

  async start(): Promise<void> {
    const { port = 0, tls, pathPrefix = '', pageMax = tagsPageMaxDefault } = this.#options;
    const { faults, requests, authorizer, uploads } = this;
    const parts = {
      faults,
      requests,
      authorizer,
      uploads,
      pageMax,
      clock: this.#clock,
      content: this.#content,
      storage: new StorageHost(this.#clock),
      quotas: new Quotas(this.#clock),
      prefix: pathPrefix,
      originOf: (kind: ListenerKind) => this.#originOf(kind),
    };
    const common = { address: loopback, ...(tls === undefined ? {} : { tls }) };
    for (const kind of ['registry', 'storage'] as const) {
      const listener = await listen(
        (request, response) => {
          dispatch(parts, kind, request, response).catch((error) => answerFailure(error, response));
        },
        { ...common, port: kind === 'registry' ? port : 0 },
      );
      this.#listeners.set(kind, listener);
    }
  }

  /** Breaks every connection and frees the ports. */
  async close(): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()));
  }

  /** Makes an image and puts it under its tags; without a tag it is there by digest alone. */
  pushImage({ repository, tag, alsoTags = [], ...image }: ImagePush): PushedImage {
    const content = this.#open(repository);
    const pushed = putImage(content, image, image.seed ?? `${repository}:${tag ?? ''}`);
    for (const name of tag === undefined ? alsoTags : [tag, ...alsoTags]) content.putTag(name, pushed.digest);
    return pushed;
  }

  /** Puts an artifact that refers to a manifest, as signatures and SBOMs do. The subject need not be there. */
  pushReferrer(repository: string, subject: Digest, artifact: ArtifactContent): Digest {
    return putArtifact(this.#open(repository), subject, artifact).digest;
  }

  /** Puts bytes as a manifest, whatever they are: nothing is checked, so that a test can serve what is wrong. */
  putManifest(repository: string, bytes: Uint8Array, options: ManifestPut = {}): Digest {
    const content = this.#open(repository);
    const digest = digestOf(bytes, options.algorithm);
    content.putManifest({ digest, mediaType: options.mediaType ?? mediaTypes.ociManifest, bytes });
    if (options.tag !== undefined) content.putTag(options.tag, digest);
    return digest;
  }

  putBlob(repository: string, bytes: Uint8Array, algorithm?: DigestAlgorithm): Digest {
    const digest = digestOf(bytes, algorithm);
    this.#open(repository).putBlob(digest, bytes);
    return digest;
  }

  /** Points a tag, new or old, at a manifest: a move where it pointed elsewhere. */
  putTag(repository: string, tag: string, digest: Digest): void {
    this.#open(repository).putTag(tag, digest);
  }

  /** Takes away a tag, or a manifest by its digest with all its tags. False where there was none. */
  deleteManifest(repository: string, target: string): boolean {
    const content = this.#open(repository);
    const digest = tryParseDigest(target);
    return digest === undefined ? content.deleteTag(target) : content.deleteManifest(digest);
  }

  /** Takes away a blob, and leaves manifests that name it. False where there was none. */
  deleteBlob(repository: string, digest: Digest): boolean {
    return this.#open(repository).deleteBlob(digest);
  }

  /**
   * Many tags, all of one small image: a million take some 30 MB and are served by copying. `nameOf` is
   * called once for each number below `count`; the order it gives them in does not matter.
   */
  seedTags(repository: string, count: number, nameOf: (number: number) => string): PushedImage {
    const content = this.#open(repository);
    const image = putImage(content, {}, repository);
    content.seedTags(namesUpTo(count, nameOf), image.digest);
    return image;
  }

  /** @throws RegistryServerError `SEED_INVALID` */
  #open(repository: string): RepositoryContent {
    if (!isRepositoryPath(repository)) {
      throw new RegistryServerError('SEED_INVALID', `not a repository path: ${JSON.stringify(repository)}`, {
        hint: 'write it in lower case, without host, tag or digest, e.g. team/app',
      });
    }
    return this.#content.open(repository);
  }

  #originOf(kind: ListenerKind): string {
    const { scheme, port } = this.#listener(kind);
    return `${scheme}://${loopback}:${port}`;
  }

  #listener(kind: ListenerKind): Listener {
    const listener = this.#listeners.get(kind);
    assert(listener !== undefined, 'the server is started before it is used');
    return listener;
  }
}

/** A client that goes away in the middle is no failure of ours; anything else is, and must be seen. */
function answerFailure(error: unknown, response: ServerResponse): void {
  if (!response.destroyed && !response.headersSent) response.writeHead(500).end(`${describeError(error)}\n`);
  else response.destroy();
}

function* namesUpTo(count: number, nameOf: (number: number) => string): Iterable<string> {
  for (let number = 0; number < count; number += 1) yield nameOf(number);
}
