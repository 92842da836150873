import { Readable } from 'node:stream';
import type { buildConnector, Dispatcher } from 'undici';
import { type Environment, proxyFor } from '../config/proxy.ts';
import type { TlsOptions } from '../endpoint.ts';
import { RegistryError } from '../errors.ts';
import type { RegistryLimits } from '../limits.ts';
import { type AddressRank, guardedLookup, InnerAddressError, writtenRank } from './address.ts';
import { transportError } from './failure.ts';
import { type HttpBody, type HttpRequest, hostOf, type Send } from './http.ts';
import { makeTrust } from './trust.ts';

/** Nothing set: Node's and the system's trust, no client certificate. */
const defaultTls: TlsOptions = {};

/** Bytes of an unwanted answer that are read rather than the connection given up. */
const discardedBytesMax = 64 * 1024;

/** Sockets, kept open between requests until closed. */
export type Transport = { readonly send: Send; close(): Promise<void> };

/**
 * The innermost `Send`: one request, one answer, no opinion about either. Connections are pooled by
 * origin, and apart for each set of TLS options, proxy and permitted address.
 */
export function openTransport(
  env: Environment,
  warn: (text: string) => void,
  limits: RegistryLimits,
  fixedProxy?: URL,
): Transport {
  const trust = makeTrust(env, warn);
  const ranks = new Map<string, AddressRank>();
  const agents = new Map<string, Promise<Dispatcher>>();
  const identify = makeIdentifier();

  const agentFor = (request: HttpRequest, proxy: URL | undefined): Promise<Dispatcher> => {
    const rankMax = request.addressRankMax ?? 3;
    const isTls = request.url.protocol === 'https:';
    const key = `${isTls ? identify(request.tls) : ''} ${rankMax} ${proxy?.href ?? ''}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const open = async (): Promise<Dispatcher> => {
      const tls = {
        timeout: limits.connectTimeoutMs,
        ...(isTls ? { secureContext: await trust(request.tls) } : {}),
        ...(request.tls.skipVerify === true ? { rejectUnauthorized: false } : {}),
      };
      const lookup = guardedLookup(rankMax, (hostname, rank) => ranks.set(hostname, rank));
      if (proxy === undefined) return openAgent({ ...tls, lookup }, limits);
      const proxyTls = proxy.protocol === 'https:' ? { secureContext: await trust(defaultTls) } : undefined;
      return openProxyAgent(proxy, tls, proxyTls, limits);
    };
    const agent = open();
    agents.set(key, agent);
    // A set of certificates that cannot be used is reported to each request, not remembered.
    agent.catch(() => agents.delete(key));
    return agent;
  };

  const send: Send = async (request) => {
    request.signal?.throwIfAborted();
    const proxy = fixedProxy ?? proxyFor(request.url, env);
    try {
      refuseInnerAddress(request);
      const agent = await agentFor(request, proxy);
      const answer = await agent.request({
        origin: request.url.origin,
        path: request.url.pathname + request.url.search,
        method: request.method,
        headers: { 'accept-encoding': 'identity', 'user-agent': 'holdfast', ...request.headers },
        body: bodyOf(request),
        signal: request.signal ?? null,
      });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: readable(answer.body, request),
        url: request.url,
        addressRank: writtenRank(request.url.hostname) ?? ranks.get(request.url.hostname) ?? 0,
      };
    } catch (error) {
      throw transportError(error, request, proxy);
    }
  };

  const close = async (): Promise<void> => {
    for (const agent of await Promise.allSettled(agents.values())) {
      if (agent.status === 'fulfilled') await agent.value.destroy();
    }
  };
  return { send, close };
}

async function openAgent(connect: buildConnector.BuildOptions, limits: RegistryLimits): Promise<Dispatcher> {
  const [{ default: Agent }, { default: api }] = await Promise.all([
    import('undici/lib/dispatcher/agent.js'),
    import('undici/lib/api/index.js'),
  ]);
  // What undici's own index does for all its methods: without it a dispatcher cannot send.
  Object.assign(Object.getPrototypeOf(Agent.prototype), { request: api.request });
  return new Agent({ ...timeouts(limits), connect }).compose(keepAliveAfterHead);
}

/** A proxy looks names up for us, and may itself stand in an inner network: no guarded lookup here. */
async function openProxyAgent(
  proxy: URL,
  requestTls: buildConnector.BuildOptions,
  proxyTls: buildConnector.BuildOptions | undefined,
  limits: RegistryLimits,
): Promise<Dispatcher> {
  const { default: undici } = await import('undici');
  // Plain HTTP goes through a proxy as Go sends it: by absolute URI, not through a tunnel.
  const options = {
    ...timeouts(limits),
    uri: proxy.href,
    proxyTunnel: false,
    requestTls,
    // Where it is there at all, undici speaks TLS to a SOCKS proxy, and shows it a name as it stands in the URL.
    ...(proxyTls === undefined ? {} : { proxyTls }),
    ...(proxy.protocol === 'socks5:' ? loginOf(proxy) : {}),
  };
  return new undici.ProxyAgent(options).compose(keepAliveAfterHead);
}

function loginOf({ username, password }: URL) {
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function timeouts(limits: RegistryLimits) {
  return { headersTimeout: limits.headersTimeoutMs, bodyTimeout: limits.idleTimeoutMs };
}

/** undici closes the connection after every HEAD unless told not to; over TLS that is twenty times slower. */
function keepAliveAfterHead(dispatch: Dispatcher['dispatch']): Dispatcher['dispatch'] {
  return (options, handler) =>
    dispatch(options.method === 'HEAD' ? { ...options, reset: false } : options, handler);
}

/** A literal address never reaches `lookup`. */
function refuseInnerAddress(request: HttpRequest): void {
  const rank = writtenRank(request.url.hostname);
  if (rank !== undefined && rank > (request.addressRankMax ?? 3)) {
    throw new InnerAddressError(`${hostOf(request.url)} is an address of an inner network`);
  }
}

function bodyOf(request: HttpRequest): Uint8Array | Readable | null {
  const { body } = request;
  return typeof body === 'function' ? Readable.from(body(), { objectMode: false }) : (body ?? null);
}

function readable(body: Dispatcher.ResponseData['body'], request: HttpRequest): HttpBody {
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const chunk of body) yield chunk as Uint8Array;
      } catch (error) {
        throw error instanceof RegistryError ? error : transportError(error, request);
      }
    },
    discard(error) {
      body.once('error', () => undefined);
      if (body.readableEnded || body.destroyed) return;
      // A short answer is read to its end, which keeps the connection; from a long one only leaving helps.
      if (error === undefined && !body.readableDidRead) void body.dump({ limit: discardedBytesMax });
      else body.destroy(error);
    },
  };
}

/** A short text for each set of TLS options: the same content, the same text. */
function makeIdentifier(): (tls: TlsOptions) => string {
  const byContent = new Map<string, string>();
  const byObject = new WeakMap<TlsOptions, string>();
  return (tls) => {
    const known = byObject.get(tls);
    if (known !== undefined) return known;
    const content = JSON.stringify([tls.ca ?? [], tls.certificate, tls.key, tls.skipVerify === true]);
    const identity = byContent.get(content) ?? `tls-${byContent.size}`;
    byContent.set(content, identity);
    byObject.set(tls, identity);
    return identity;
  };
}
