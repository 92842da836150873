import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { tryParseDigest } from '../reference/digest.ts';
import { type Answer, emptyAnswer, errorAnswer, jsonAnswer } from './answer.ts';
import { type Authorizer, nobody } from './auth.ts';
import { answerBlob } from './blobs.ts';
import type { RegistryContent } from './content.ts';
import { type Exchange, isRead } from './exchange.ts';
import { answerInstead, spoilAnswer } from './fault-answers.ts';
import type { FaultRules, FaultSubject } from './fault-rules.ts';
import { answerCatalog, answerReferrers, answerTags, type Listed } from './lists.ts';
import { answerManifest } from './manifests.ts';
import type { Quotas } from './quota.ts';
import type { ListenerKind, RequestLog } from './request-log.ts';
import { type Route, routeOf } from './route.ts';
import { send } from './send.ts';
import type { StorageHost } from './storage-host.ts';
import { answerToken } from './token-endpoint.ts';
import type { Uploads } from './uploads.ts';

/** All that a request may touch. */
export type RegistryParts = {
  readonly clock: Clock;
  readonly content: RegistryContent;
  readonly uploads: Uploads;
  readonly authorizer: Authorizer;
  readonly storage: StorageHost;
  readonly quotas: Quotas;
  readonly faults: FaultRules;
  readonly requests: RequestLog;
  /** Most names in one page of a list. */
  readonly pageMax: number;
  /** What comes before `/v2`; empty mostly. */
  readonly prefix: string;
  /** `http://127.0.0.1:PORT` of either host. */
  originOf(listener: ListenerKind): string;
};

/**
 * One request from its first line to the end of its answer: the right answer is found, faults replace or
 * change it, and it is sent. A client that goes away in the middle ends it silently.
 */
export async function dispatch(
  parts: RegistryParts,
  listener: ListenerKind,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const method = request.method ?? 'GET';
  const url = URL.parse(request.url ?? '/', 'http://registry.invalid');
  if (url === null) return send(errorAnswer('NAME_INVALID'), method, { response, gone: gone.signal });
  const entry = parts.requests.record(listener, request, url);
  response.once('close', () => entry.end());
  const path = withoutPrefix(url.pathname, parts.prefix);
  const route = routeFor(listener, path);
  const exchange = exchangeOf(parts, listener, request, { path, query: url.searchParams, route });
  const answer = await answerWithFaults(parts, exchange, route);
  const delay = exchange.faults.find('delay');
  if (delay !== undefined) await pause(delay.delayMs, undefined, { signal: gone.signal });
  entry.answer(answer.status);
  const version = { 'docker-distribution-api-version': 'registry/2.0' };
  return send({ ...answer, headers: { ...version, ...answer.headers } }, method, {
    response,
    gone: gone.signal,
  });
}

type Asked = { readonly path: string; readonly query: URLSearchParams; readonly route: Route };

function exchangeOf(
  parts: RegistryParts,
  listener: ListenerKind,
  request: IncomingMessage,
  { path, query, route }: Asked,
): Exchange {
  const { method = 'GET', headers } = request;
  const own = new URL(parts.originOf(listener));
  const origin = `${own.protocol}//${headers.host ?? own.host}`;
  const { prefix, authorizer } = parts;
  const challenge = authorizer.challenge({ route, method, headers, realm: `${origin}${prefix}/token` });
  const isChallenged = challenge !== undefined;
  return {
    method,
    path,
    query,
    headers,
    origin,
    prefix,
    challenge,
    faults: parts.faults.take({ ...subjectOf(parts.storage, route, method), isChallenged }),
    actor: authorizer.identify(headers) ?? nobody,
    // Stopping in the middle of a body must leave the connection open for the answer.
    body: request.iterator({ destroyOnReturn: false }),
  };
}

async function answerWithFaults(parts: RegistryParts, exchange: Exchange, route: Route): Promise<Answer> {
  const instead = answerInstead(exchange, parts.clock) ?? exchange.challenge;
  const right = instead ?? (await answerRoute(parts, exchange, route));
  return exchange.faults.all.reduce((answer, fault) => spoilAnswer(answer, fault, parts.clock), right);
}

async function answerRoute(parts: RegistryParts, exchange: Exchange, route: Route): Promise<Answer> {
  const { content, pageMax } = parts;
  switch (route.kind) {
    case 'token':
      return answerToken(exchange, parts.authorizer, parts.clock);
    case 'manifest':
      return answerCountedManifest(parts, exchange, route);
    case 'blob':
      return answerBlobOrRedirect(parts, exchange, route);
    case 'upload':
      return parts.uploads.answer(exchange, route.repository, route.session);
    case 'storage':
      return parts.storage.answer(exchange, route.signature);
    case 'bad-name':
      return errorAnswer('NAME_INVALID', { name: route.name.slice(0, 300) });
    case 'unknown':
      return { ...emptyAnswer(404), body: Buffer.from('404 page not found\n') };
    case 'ping':
    case 'catalog':
    case 'tags':
    case 'referrers':
      break;
  }
  if (!isRead(exchange.method)) return errorAnswer('UNSUPPORTED');
  switch (route.kind) {
    case 'ping':
      return jsonAnswer(200, {});
    case 'catalog':
      return answerCatalog(exchange, content, pageMax);
    case 'tags':
      return answerTags(exchange, listedOf(parts, route.repository));
    case 'referrers':
      return answerReferrers(exchange, route.target, listedOf(parts, route.repository));
  }
}

function listedOf({ content, pageMax }: RegistryParts, repository: string): Listed {
  return { repository, content: content.find(repository), pageMax };
}

type ContentRoute<Kind> = Extract<Route, { readonly kind: Kind }>;

async function answerCountedManifest(
  { quotas, content }: RegistryParts,
  exchange: Exchange,
  place: ContentRoute<'manifest'>,
): Promise<Answer> {
  const { headers, refusal } = quotas.count(exchange);
  if (refusal !== undefined) return refusal;
  const answer = await answerManifest(exchange, place, content);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function answerBlobOrRedirect(
  parts: RegistryParts,
  exchange: Exchange,
  { repository, target }: ContentRoute<'blob'>,
): Answer {
  const held = parts.content.find(repository);
  const redirect = exchange.faults.find('redirect-to-storage');
  const digest = redirect === undefined ? undefined : tryParseDigest(target);
  const bytes = digest === undefined ? undefined : held?.findBlob(digest);
  if (redirect === undefined || digest === undefined || bytes === undefined) {
    return answerBlob(exchange, repository, target, held);
  }
  return parts.storage.redirect(parts.originOf('storage'), { digest, bytes }, redirect);
}

function subjectOf(storage: StorageHost, route: Route, method: string): Omit<FaultSubject, 'isChallenged'> {
  if (route.kind === 'storage') {
    const target = storage.digestOf(route.signature);
    return { endpoint: 'storage', method, repository: undefined, target };
  }
  return {
    endpoint: route.kind === 'bad-name' || route.kind === 'unknown' ? undefined : route.kind,
    method,
    repository: 'repository' in route ? route.repository : undefined,
    target: 'target' in route ? route.target : undefined,
  };
}

/** The two hosts share no path: the storage host knows nothing of `/v2`, nor the registry of signatures. */
function routeFor(listener: ListenerKind, path: string): Route {
  const route = routeOf(path);
  return (route.kind === 'storage') === (listener === 'storage') ? route : { kind: 'unknown' };
}

function withoutPrefix(path: string, prefix: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : '/';
}
