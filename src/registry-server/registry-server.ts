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
 * `OCI-Tag` headers of the unreleased spec, the extensions of Docker Hub, Harbor or Quay, and the minimum
 * chunk length (announced, not enforced: the last chunk may be short and no chunk says that it is the last).
 */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../clock.ts';
import type { Annotations } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { type Digest, type DigestAlgorithm, digestOf, tryParseDigest } from '../reference/digest.ts';
import type { Answer } from './answer.ts';
import { emptyAnswer, errorAnswer, jsonAnswer } from './answer.ts';
import { type AuthOptions, Authorizer, nobody } from './auth.ts';
import { answerBlob } from './blobs.ts';
import { RegistryContent } from './content.ts';
import { RegistryServerError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { FaultRule } from './fault.ts';
import { answerInstead, spoilAnswer } from './fault-answers.ts';
import { FaultRules, type FaultSubject } from './fault-rules.ts';
import { type ImageContent, type PushedImage, putBlob, putDocument, putImage } from './images.ts';
import { type Listener, listen, type ServerTls } from './listener.ts';
import { answerCatalog, answerReferrers, answerTags, tagsPageMaxDefault } from './lists.ts';
import { answerManifest } from './manifests.ts';
import { Quotas } from './quota.ts';
import { type ListenerKind, RequestLog } from './request-log.ts';
import { isRepositoryPath, type Route, routeOf } from './route.ts';
import { send } from './send.ts';
import { StorageHost } from './storage-host.ts';
import { answerToken } from './token-endpoint.ts';
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

export class RegistryServer {
  readonly faults = new FaultRules();
  readonly requests = new RequestLog();
  readonly content = new RegistryContent();
  readonly authorizer: Authorizer;
  readonly uploads: Uploads;
  readonly #options: RegistryServerOptions;
  readonly #clock: Clock;
  readonly #storage: StorageHost;
  readonly #quotas: Quotas;
  readonly #listeners = new Map<ListenerKind, Listener>();

  constructor(options: RegistryServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.authorizer = new Authorizer(options.auth ?? { kind: 'none' }, this.#clock);
    this.uploads = new Uploads(this.content);
    this.#storage = new StorageHost(this.#clock);
    this.#quotas = new Quotas(this.#clock);
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

  /** Where `redirect-to-storage` sends clients. */
  get storageHost(): string {
    return `${loopback}:${this.#listener('storage').port}`;
  }

  async start(): Promise<void> {
    const { port = 0, tls } = this.#options;
    const common = { address: loopback, ...(tls === undefined ? {} : { tls }) };
    for (const kind of ['registry', 'storage'] as const) {
      const handler = (request: IncomingMessage, response: ServerResponse) => {
        // A client that goes away while it is answered is no failure of ours.
        this.#handle(kind, request, response).catch(() => response.destroy());
      };
      this.#listeners.set(kind, await listen(handler, { ...common, port: kind === 'registry' ? port : 0 }));
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
    for (const name of [...(tag === undefined ? [] : [tag]), ...alsoTags])
      content.putTag(name, pushed.digest);
    return pushed;
  }

  /** Puts an artifact that refers to a manifest, as signatures and SBOMs do. */
  pushReferrer(repository: string, subject: Digest, artifactType: string, annotations?: Annotations): Digest {
    const content = this.#open(repository);
    const empty = putBlob(content, mediaTypes.ociEmpty, Buffer.from('{}'));
    const subjectManifest = content.findManifest(subject);
    return putDocument(content, mediaTypes.ociManifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType,
      config: empty,
      layers: [empty],
      subject: {
        mediaType: subjectManifest?.mediaType ?? mediaTypes.ociManifest,
        digest: subject,
        size: subjectManifest?.bytes.length ?? 0,
      },
      ...(annotations === undefined ? {} : { annotations }),
    }).digest;
  }

  /** Puts bytes as a manifest, whatever they are: nothing is checked, so that a test can serve what is wrong. */
  putManifest(
    repository: string,
    bytes: Uint8Array,
    { mediaType, tag, algorithm }: { mediaType?: string; tag?: string; algorithm?: DigestAlgorithm } = {},
  ): Digest {
    const content = this.#open(repository);
    const digest = digestOf(bytes, algorithm);
    content.putManifest({ digest, mediaType: mediaType ?? mediaTypes.ociManifest, bytes });
    if (tag !== undefined) content.putTag(tag, digest);
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
  delete(repository: string, target: string): boolean {
    const content = this.content.find(repository);
    if (content === undefined) return false;
    return target.includes(':') ? content.deleteManifest(target as Digest) : content.deleteTag(target);
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

  #open(repository: string) {
    if (!isRepositoryPath(repository)) {
      throw new RegistryServerError('SEED_INVALID', `not a repository path: ${JSON.stringify(repository)}`, {
        hint: 'write it in lower case, without host, tag or digest, e.g. team/app',
      });
    }
    return this.content.open(repository);
  }

  async #handle(kind: ListenerKind, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = parseTarget(request.url);
    const method = request.method ?? 'GET';
    if (url === undefined) return send(errorAnswer('NAME_INVALID'), method, response);
    const recordStatus = this.requests.record(kind, request, url);
    const path = withoutPrefix(url.pathname, this.#options.pathPrefix ?? '');
    const route = routeFor(kind, path);
    const origin = this.#originFor(kind, request) + (this.#options.pathPrefix ?? '');
    const { headers } = request;
    const challenge =
      kind === 'registry' ? this.authorizer.challenge(route, method, headers, origin) : undefined;
    const faults = this.faults.take({
      ...this.#subjectOf(route, method),
      isChallenged: challenge !== undefined,
    });
    const actor = this.authorizer.identify(headers) ?? nobody;
    const exchange = { method, path, query: url.searchParams, headers, origin, faults, actor, body: request };
    const right = answerInstead(exchange, this.#clock) ?? challenge ?? (await this.#answer(exchange, route));
    const answer = faults.all.reduce((spoilt, fault) => spoilAnswer(spoilt, fault, this.#clock), right);
    const delay = faults.find('delay');
    if (delay !== undefined) await pause(delay.delayMs);
    recordStatus(answer.status);
    const version = { 'docker-distribution-api-version': 'registry/2.0' };
    return send({ ...answer, headers: { ...version, ...answer.headers } }, method, response);
  }

  async #answer(exchange: Exchange, route: Route): Promise<Answer> {
    const pageMax = this.#options.pageMax ?? tagsPageMaxDefault;
    switch (route.kind) {
      case 'ping':
        return jsonAnswer(200, {});
      case 'token':
        return answerToken(exchange, this.authorizer, this.#clock);
      case 'catalog':
        return answerCatalog(exchange, this.content, pageMax);
      case 'tags':
        return answerTags(exchange, route.repository, this.content.find(route.repository), pageMax);
      case 'referrers':
        return answerReferrers(exchange, route.target, this.content.find(route.repository), pageMax);
      case 'manifest':
        return this.#answerManifest(exchange, route);
      case 'blob':
        return this.#answerBlob(exchange, route);
      case 'upload':
        return this.uploads.answer(exchange, route.repository, route.session);
      case 'storage':
        return this.#storage.answer(exchange, route.signature);
      case 'bad-name':
        return errorAnswer('NAME_INVALID', { name: route.name.slice(0, 300) });
      case 'unknown':
        return { ...emptyAnswer(404), body: Buffer.from('404 page not found\n') };
    }
  }

  async #answerManifest(exchange: Exchange, route: Extract<Route, { kind: 'manifest' }>): Promise<Answer> {
    const { headers, refusal } = this.#quotas.count(exchange);
    if (refusal !== undefined) return refusal;
    const answer = await answerManifest(exchange, route.repository, route.target, this.content);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }

  #answerBlob(exchange: Exchange, { repository, target }: Extract<Route, { kind: 'blob' }>): Answer {
    const content = this.content.find(repository);
    const redirect = exchange.faults.find('redirect-to-storage');
    const digest = tryParseDigest(target);
    const bytes = digest === undefined ? undefined : content?.findBlob(digest);
    if (redirect === undefined || digest === undefined || bytes === undefined) {
      return answerBlob(exchange, repository, target, content);
    }
    return this.#storage.redirect(this.#originOf('storage'), digest, bytes, redirect);
  }

  #subjectOf(route: Route, method: string): Omit<FaultSubject, 'isChallenged'> {
    if (route.kind === 'storage') {
      const target = this.#storage.digestOf(route.signature);
      return { endpoint: 'storage', method, repository: undefined, target };
    }
    return {
      endpoint: route.kind === 'bad-name' || route.kind === 'unknown' ? undefined : route.kind,
      method,
      repository: 'repository' in route ? route.repository : undefined,
      target: 'target' in route ? route.target : undefined,
    };
  }

  /** What the client called this host: absolute URLs must lead it back here, through whatever is between. */
  #originFor(kind: ListenerKind, request: IncomingMessage): string {
    const { scheme, port } = this.#listener(kind);
    return `${scheme}://${request.headers.host ?? `${loopback}:${port}`}`;
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

function* namesUpTo(count: number, nameOf: (number: number) => string): Iterable<string> {
  for (let number = 0; number < count; number += 1) yield nameOf(number);
}

/** The two hosts share no path: the storage host knows nothing of `/v2`, nor the registry of signatures. */
function routeFor(kind: ListenerKind, path: string): Route {
  const route = routeOf(path);
  return (route.kind === 'storage') === (kind === 'storage') ? route : { kind: 'unknown' };
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : '/';
}

function parseTarget(target: string | undefined): URL | undefined {
  return URL.parse(target ?? '/', 'http://registry.invalid') ?? undefined;
}
