/**
 * The part of the Kubernetes API that Holdfast uses, as a real server on a loopback port: lists in pages with
 * limit and continue, namespaces, label and field selectors for equality, gzip, bearer tokens, and the answers
 * that hurt. It does not model: watch, resourceVersion, writing, discovery, `=!` and set selectors, TLS.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

export type FakeApiOptions = {
  /** By plural, e.g. `pods`. A plural that is not there is answered with 404. */
  readonly objects: Readonly<Record<string, readonly object[]>>;
  /** Objects of one page, whatever the client asks for above it. */
  readonly pageSizeMax?: number;
  /** The token a client must bring. */
  readonly token?: string;
  /** Plurals nobody may list in all namespaces. */
  readonly forbidden?: readonly string[];
  /** Consulted before anything else: answers itself and says true, or leaves it to the server. */
  readonly intercept?: (url: URL, response: ServerResponse, nth: number) => boolean;
};

export type FakeApiServer = {
  readonly url: string;
  /** Path and query of each request so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
};

export async function startFakeApiServer(options: FakeApiOptions): Promise<FakeApiServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(options, request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A kubeconfig for it, as YAML. */
export function kubeconfigFor(url: string, token = 'secret-token', context = 'fake'): string {
  return [
    'apiVersion: v1',
    'kind: Config',
    `current-context: ${context}`,
    `clusters: [{name: ${context}, cluster: {server: "${url}"}}]`,
    `users: [{name: ${context}, user: {token: ${token}}}]`,
    `contexts: [{name: ${context}, context: {cluster: ${context}, user: ${context}}}]`,
    '',
  ].join('\n');
}

function answer(
  options: FakeApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
  nth: number,
): void {
  const url = new URL(request.url ?? '/', 'http://fake');
  if (options.intercept?.(url, response, nth) === true) return;
  if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
    return refuse(response, 401, 'Unauthorized', 'Unauthorized');
  }
  const found = /^\/(?:api\/v1|apis\/[^/]+\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(url.pathname);
  const [, namespace, plural = ''] = found ?? [];
  const all = options.objects[plural];
  if (namespace === undefined && options.forbidden?.includes(plural) === true) {
    const message = `${plural} is forbidden: User "jane" cannot list resource "${plural}" at the cluster scope`;
    return refuse(response, 403, 'Forbidden', message);
  }
  if (all === undefined)
    return refuse(response, 404, 'NotFound', 'the server could not find the requested resource');
  const chosen = all.filter((object) => isChosen(object, namespace, url.searchParams));
  sendPage(options, request, response, url.searchParams, chosen);
}

function sendPage(
  { pageSizeMax = 500 }: FakeApiOptions,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  chosen: readonly object[],
): void {
  const limit = Math.min(Number(query.get('limit') ?? chosen.length), pageSizeMax);
  const start = Number(query.get('continue') ?? 0);
  const end = start + limit;
  const [first] = chosen;
  const kind =
    first === undefined
      ? 'List'
      : `${String(Object.entries(first).find(([key]) => key === 'kind')?.[1])}List`;
  const metadata =
    end < chosen.length ? { resourceVersion: '1', continue: String(end) } : { resourceVersion: '1' };
  // As the real server: items carry neither kind nor apiVersion.
  const items = chosen
    .slice(start, end)
    .map((object) => ({ ...object, kind: undefined, apiVersion: undefined }));
  const body = Buffer.from(JSON.stringify({ kind, apiVersion: 'v1', metadata, items }));
  const isPacked = String(request.headers['accept-encoding'] ?? '').includes('gzip');
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(isPacked ? gzipSync(body) : body);
}

/** Answers as the API server does: a Status object. */
export function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code: status }),
  );
}

type Metadata = { readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };

function isChosen(object: object, namespace: string | undefined, query: URLSearchParams): boolean {
  const metadata = ('metadata' in object ? object.metadata : {}) as Metadata;
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  const labels = query.get('labelSelector');
  if (labels !== null && !labels.split(',').every((one) => hasLabel(metadata, one))) return false;
  return true;
}

function hasLabel({ labels = {} }: Metadata, equation: string): boolean {
  const [key = '', value] = equation.split('=');
  return labels[key] === value;
}
