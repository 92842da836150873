import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { describeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { ListenError } from '../errors.ts';
import type { ListenAddress } from './listen-address.ts';

/** What a path answers. */
export type Answer = { readonly status: number; readonly contentType: string; readonly body: string };

/** Answers a GET; `accept` is the header of that name. */
export type Route = (accept: string | undefined) => Answer | Promise<Answer>;

export type ServeOptions = {
  readonly address: ListenAddress;
  /** By path, e.g. `/metrics`. */
  readonly routes: Readonly<Record<string, Route>>;
  readonly log: Log;
  readonly limits?: ServeLimits;
};

export type ServeLimits = {
  /** From the connection to the end of its request's headers. */
  readonly headersMs: number;
  /** Longest silence of a client that is being answered, or that keeps its connection. */
  readonly idleMs: number;
  readonly headerBytesMax: number;
  /** At once: one Prometheus and the kubelet need three. */
  readonly connectionsMax: number;
};

const serveLimits: ServeLimits = {
  headersMs: 5000,
  idleMs: 15_000,
  headerBytesMax: 16_384,
  connectionsMax: 64,
};

export type Serving = {
  /** Where it listens, e.g. `127.0.0.1:8080`: useful where the port was 0. */
  readonly host: string;
  close(): Promise<void>;
};

/**
 * A small server for probes and scrapers, which shows the world nothing else: a client that is slow, talks
 * nonsense or comes in crowds costs a bounded amount, and the others are answered.
 * @throws ListenError
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { address, limits = serveLimits, log } = options;
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.headersMs,
      keepAliveTimeout: limits.idleMs,
      maxHeaderSize: limits.headerBytesMax,
      connectionsCheckingInterval: limits.headersMs / 2,
    },
    (request, response) => void respond(options, request, response),
  );
  server.maxConnections = limits.connectionsMax;
  server.setTimeout(limits.idleMs);
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  await listen(server, address);
  // A failure from here on is of one connection.
  server.on('error', (error) => log.write('warn', `serving: ${describeError(error)}`));
  return {
    host: hostOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  { routes, log }: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => undefined);
  const answer = await answerTo(routes, request, log);
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // A body that nobody asked for is not read to its end.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerTo(
  routes: ServeOptions['routes'],
  { method = '', url = '', headers }: IncomingMessage,
  log: Log,
): Promise<Answer> {
  const [path = ''] = url.split('?', 1);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return plainText(404, 'not found');
  if (method !== 'GET' && method !== 'HEAD') return plainText(405, 'only GET is answered here');
  try {
    return await route(headers.accept);
  } catch (error) {
    log.write('error', `cannot answer ${path}: ${describeError(error)}`);
    return plainText(500, 'it failed: see the log');
  }
}

export function plainText(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'is another process listening there? choose another port, or 0 to do without';
      reject(
        new ListenError('LISTEN_FAILED', `cannot listen on ${host ?? ''}:${port}: ${cause.message}`, {
          hint,
          cause,
        }),
      );
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function hostOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
