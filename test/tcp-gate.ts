/** A way to a server that can be cut like a cable: nothing gets through any more, and nobody is told. */
import { connect, createServer, type Socket } from 'node:net';

export type TcpGate = {
  readonly port: number;
  /** What is on its way is lost; connections stay open, and new ones are taken and never answered. */
  cut(): void;
  /** Connections from before the cut are ended; new ones get through. */
  mend(): void;
  close(): Promise<void>;
};

export async function openTcpGate(targetPort: number): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    if (isCut) return;
    const target = keep(connect(targetPort, '127.0.0.1'));
    for (const [from, to] of [
      [socket, target],
      [target, socket],
    ] as const) {
      from
        .on('data', (bytes) => void (isCut || to.write(bytes)))
        .once('close', () => void (isCut || to.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const endAll = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut() {
      isCut = true;
    },
    mend() {
      endAll();
      isCut = false;
    },
    async close() {
      endAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
