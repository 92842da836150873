/**
 * A forward proxy on the loopback interface: plain HTTP in absolute form, and CONNECT tunnels. With
 * credentials it answers 407 to whoever brings none.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export type ProxyOptions = {
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Answers every request with this status instead of doing it, e.g. 502. */
  readonly refuseWith?: number;
  /** Sends all to this `host:port`, whatever was asked for: so that tests may ask for names nobody serves. */
  readonly upstream?: string;
};

/** One request as the proxy saw it. Never holds the credentials themselves. */
export type ProxiedRequest = {
  readonly kind: 'forward' | 'connect';
  readonly method: string;
  /** The URL asked for, or the `host:port` of a tunnel. */
  readonly target: string;
  readonly hasCredentials: boolean;
};

export type Proxy = {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  close(): Promise<void>;
};

export async function startProxy(options: ProxyOptions = {}): Promise<Proxy> {
  const requests: ProxiedRequest[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((request, response) => {
    requests.push(describe('forward', request));
    const refusal = refusalOf(request, options);
    if (refusal === undefined) forward(request, response, options.upstream);
    else response.writeHead(refusal, proxyHeaders(refusal)).end();
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    requests.push(describe('connect', request));
    const refusal = refusalOf(request, options);
    if (refusal === undefined) sockets.add(tunnel(request.url ?? '', client, head, options.upstream));
    else client.end(refusalText(refusal));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function describe(kind: 'forward' | 'connect', request: IncomingMessage): ProxiedRequest {
  return {
    kind,
    method: request.method ?? '',
    target: request.url ?? '',
    hasCredentials: request.headers['proxy-authorization'] !== undefined,
  };
}

function refusalOf(request: IncomingMessage, { credentials, refuseWith }: ProxyOptions): number | undefined {
  if (credentials !== undefined) {
    const wanted = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
    if (request.headers['proxy-authorization'] !== `Basic ${wanted}`) return 407;
  }
  return refuseWith;
}

function proxyHeaders(status: number): Record<string, string> {
  return status === 407 ? { 'proxy-authenticate': 'Basic realm="proxy"' } : {};
}

function refusalText(status: number): string {
  const headers = Object.entries(proxyHeaders(status)).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Refused\r\n${headers.join('')}connection: close\r\n\r\n`;
}

/** Source: RFC 9112 section 3.2.2, absolute form; what concerns the proxy alone is not passed on. */
function forward(request: IncomingMessage, response: ServerResponse, upstream: string | undefined): void {
  const url = URL.parse(request.url ?? '');
  if (url === null) {
    response.writeHead(400).end('a proxy is asked for an absolute URL\n');
    return;
  }
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
  const [hostname, port] = upstream?.split(':') ?? [url.hostname, url.port];
  const outgoing = httpRequest(
    { hostname, port, path: url.pathname + url.search, method: request.method, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  request.pipe(outgoing);
}

function tunnel(target: string, client: Duplex, head: Buffer, upstream: string | undefined): Socket {
  const { hostname, port } = new URL(`http://${upstream ?? target}`);
  const server = connect(Number(port === '' ? 80 : port), hostname.replace(/^\[|\]$/g, ''), () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    server.write(head);
    server.pipe(client).pipe(server);
  });
  server.on('error', () => client.destroy());
  client.on('error', () => server.destroy());
  return server;
}
