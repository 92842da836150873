import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createSocketServer, type Server, type Socket } from 'node:net';
import { describeError } from '../errors.ts';
import { RegistryServerError } from './errors.ts';

/** PEM texts. */
export type ServerTls = {
  readonly certificate: string;
  readonly key: string;
  /** Where given, clients must show a certificate signed by it. */
  readonly clientCa?: string;
};

export type Listener = {
  readonly scheme: 'http' | 'https';
  readonly port: number;
  close(): Promise<void>;
};

export type ListenOptions = {
  readonly address: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls?: ServerTls;
};

/** Idle connections are kept this long: longer than any client pauses in a test, so none meets a closing one. */
const keepAliveMs = 75_000;

/** The first byte of a TLS record that opens a connection. Source: RFC 8446 section 5.1, handshake. */
const tlsHandshake = 0x16;

const plainOnTls =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** @throws RegistryServerError `LISTEN_FAILED` */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const { tls } = options;
  const server = tls === undefined ? makePlainServer(handler) : makeTlsServer(handler, tls);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await bind(server, options);
  return {
    scheme: tls === undefined ? 'http' : 'https',
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function makePlainServer(handler: RequestListener): Server {
  return createHttpServer({ keepAliveTimeout: keepAliveMs }, handler);
}

/** Looks at the first byte, to answer plain HTTP on the TLS port with the sentence that Go's servers send. */
function makeTlsServer(handler: RequestListener, { certificate, key, clientCa }: ServerTls): Server {
  const https = createHttpsServer(
    {
      cert: certificate,
      key,
      keepAliveTimeout: keepAliveMs,
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
    },
    handler,
  );
  // A client that refuses our certificate breaks off; that is its right, and often the test.
  https.on('tlsClientError', () => undefined);
  return createSocketServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      if (first[0] !== tlsHandshake) {
        socket.end(plainOnTls);
        return;
      }
      socket.unshift(first);
      https.emit('connection', socket);
    });
  });
}

function bind(server: Server, { address, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new RegistryServerError(
          'LISTEN_FAILED',
          `cannot listen on ${address}:${port}: ${describeError(cause)}`,
          { hint: 'choose another port, or 0 for any free one', cause },
        ),
      );
    });
    server.listen(port, address, () => {
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}
