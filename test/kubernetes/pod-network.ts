/**
 * A network in which the pods of a real node reach what runs on this machine, as they would in a cluster: the API
 * server by the address that kubelet tells them, a registry or a database by a port, services by name.
 *
 * Nothing is translated by a firewall: the addresses stand on the node's bridge, and connections to them are passed
 * on to servers on loopback. It does not model services with pods behind them, nor pods of several nodes.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { findTool, runTool } from '../tools.ts';
import { answerNames } from './name-server.ts';

export type PodNetworkPlan = {
  /** Of pods, with this machine as their gateway. */
  readonly podRange: string;
  readonly gateway: string;
  /** For kube-apiserver, which takes the first address for itself. */
  readonly serviceRange: string;
  readonly apiServerAddress: string;
};

export type PodNetwork = PodNetworkPlan & {
  readonly bridge: string;
  /** Passes connections to this port of the gateway, or of another address here, on to one on loopback. */
  open(port: number, target: number, address?: string): Promise<void>;
  close(): Promise<void>;
};

/** Set aside for tests of networks (RFC 2544): 198.18.0.0/15. */
export function planPodNetwork(): PodNetworkPlan {
  const taken = new Set(
    Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)),
  );
  for (;;) {
    const third = randomInt(1, 255);
    const gateway = `198.18.${third}.1`;
    if (taken.has(gateway)) continue;
    return {
      podRange: `198.18.${third}.0/24`,
      gateway,
      serviceRange: `198.19.${third}.0/24`,
      apiServerAddress: `198.19.${third}.1`,
    };
  }
}

/**
 * Makes the bridge and answers names on it. Closing ends what is passed on; the bridge goes with its node.
 * @throws Error with the words of `ip` where the bridge cannot be made
 */
export async function makePodNetwork(
  plan: PodNetworkPlan,
  bridge: string,
  /** Addresses by name, e.g. of a service; any other name is not there. */
  names: Readonly<Record<string, string>>,
): Promise<PodNetwork> {
  const ip = findTool('ip');
  for (const words of [
    ['link', 'add', bridge, 'type', 'bridge'],
    ['address', 'add', `${plan.gateway}/24`, 'dev', bridge],
    ['address', 'add', `${plan.apiServerAddress}/32`, 'dev', bridge],
    ['link', 'set', bridge, 'up'],
  ]) {
    const { status, stderr } = await runTool(ip, words);
    if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr.trim()}`);
  }
  const closing: (() => Promise<void>)[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (question, { address, port }) => {
    const answer = answerNames(question, names);
    if (answer !== undefined) socket.send(answer, port, address);
  });
  socket.bind(53, plan.gateway);
  await once(socket, 'listening');
  closing.push(async () => {
    socket.close();
  });
  return {
    ...plan,
    bridge,
    async open(port, target, address = plan.gateway) {
      closing.push(await passOn(address, port, target));
    },
    async close() {
      for (const close of closing.toReversed()) await close();
    },
  };
}

async function passOn(address: string, port: number, target: number): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const keep = (one: Socket, other: Socket): void => {
    sockets.add(one);
    one.on('error', () => other.destroy());
    one.once('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  };
  const server = createServer((from) => {
    const to = connect(target, '127.0.0.1');
    keep(from, to);
    keep(to, from);
    from.pipe(to).pipe(from);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}
