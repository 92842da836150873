/**
 * Server programs of others that tests run: started, waited for, and ended together with the process that
 * started them, whatever ends that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { searchTool, type Tool } from './tools.ts';

export type ServerProcess = {
  readonly name: string;
  readonly pid: number;
  /** The last of what it said, for messages and assertions. */
  output(): string;
  /** Asks it to end, insists after a while, and is done when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

export type ServerProcessOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Asked again and again until it says true. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take until it is ready. */
  readonly startMs?: number;
};

/** A server under load on two cores takes some ten times of what it takes alone. */
const startMsDefault = 60_000;

/** Between two looks whether it is ready. */
const retryMs = 50;

/** How long a server may take to end by itself. */
const stopMs = 10_000;

/** Characters of its output that are kept. */
const outputMax = 64 * 1024;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @throws Error with the server's own words where it ends or is not ready in time */
export async function startServerProcess(
  tool: Tool,
  words: readonly string[],
  options: ServerProcessOptions,
): Promise<ServerProcess> {
  const { isReady, startMs = startMsDefault, ...settings } = options;
  const [program = tool.path, ...rest] = [...dyingWithUs(), tool.path, ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], ...settings });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputMax);
    });
  }
  const ended = watchEnd(child);
  const server: ServerProcess = {
    name: tool.name,
    pid: child.pid ?? -1,
    output: () => output,
    stop: (signal) => stop(child, ended, signal),
  };
  const deadline = Date.now() + startMs;
  // Another server may answer on its port, while this one found the port taken and ended.
  while (!(await isReady()) || hasEnded(child)) {
    const problem = hasEnded(child) ? 'ended' : Date.now() > deadline ? 'is not ready in time' : undefined;
    if (problem !== undefined) {
      await server.stop();
      throw new Error(`${tool.name} ${problem}: ${output.slice(-4000)}`);
    }
    await pause(retryMs);
  }
  return server;
}

/** On Linux the kernel ends a server also when a test runner is killed, which runs no `exit` hook. */
function dyingWithUs(): readonly string[] {
  const setpriv = searchTool('setpriv');
  return setpriv === undefined ? [] : [setpriv.path, '--pdeathsig', 'KILL', '--'];
}

/**
 * A loopback port that was free a moment ago, for servers that cannot choose one and say which. It is below
 * those that the system gives to outgoing connections, so that a server that ends can have it again.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}

/** Whether somebody listens on a loopback port. */
export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function watchEnd(child: ChildProcess): Promise<void> {
  running.add(child);
  return new Promise((resolve) => {
    const end = () => {
      running.delete(child);
      resolve();
    };
    child.once('error', end);
    child.once('close', end);
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess, ended: Promise<void>, signal?: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return ended;
  child.kill(signal);
  const insist = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(insist);
}
