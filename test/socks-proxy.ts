/** A SOCKS5 proxy: connects by name or address, with a user name and password or without. Sends all to one place. */
import { connect, createServer, type Socket } from 'node:net';

export type SocksProxy = {
  /** `socks5://127.0.0.1:PORT`. */
  readonly url: string;
  /** `host:port` of each connection asked for. */
  readonly targets: readonly string[];
  close(): Promise<void>;
};

export type SocksProxyOptions = {
  /** `host:port`, whatever was asked for. */
  readonly upstream: string;
  readonly credentials?: { readonly username: string; readonly password: string };
};

/** Methods of authentication. Source: RFC 1928 section 3. */
const open = 0;
const byPassword = 2;
const none = 0xff;

export async function startSocksProxy({ upstream, credentials }: SocksProxyOptions): Promise<SocksProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    const wanted = credentials === undefined ? open : byPassword;
    client.once('data', (greeting) => {
      if (greeting[0] !== 5 || !greeting.subarray(2).includes(wanted))
        return client.end(Buffer.from([5, none]));
      client.write(Buffer.from([5, wanted]));
      if (credentials === undefined) return client.once('data', take);
      return client.once('data', (shown) => {
        const isRight = shown.equals(passwordMessage(credentials));
        client.write(Buffer.from([1, isRight ? 0 : 1]));
        if (isRight) client.once('data', take);
        else client.end();
      });
    });
    const take = (question: Buffer): void => {
      targets.push(targetOf(question));
      const { hostname, port } = new URL(`http://${upstream}`);
      const server = connect(Number(port), hostname, () => {
        client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
        client.pipe(server).pipe(client);
      });
      sockets.add(server);
      server.on('error', () => client.destroy());
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `socks5://127.0.0.1:${port}`,
    targets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Source: RFC 1929 section 2. */
function passwordMessage({ username, password }: NonNullable<SocksProxyOptions['credentials']>): Buffer {
  const part = (text: string): Buffer =>
    Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)]);
  return Buffer.concat([Buffer.from([1]), part(username), part(password)]);
}

/** Source: RFC 1928 section 4. */
function targetOf(question: Buffer): string {
  const isName = question[3] === 3;
  const length = isName ? (question[4] ?? 0) : 4;
  const from = isName ? 5 : 4;
  const bytes = question.subarray(from, from + length);
  return `${isName ? bytes.toString() : bytes.join('.')}:${question.readUInt16BE(from + length)}`;
}
