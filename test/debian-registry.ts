/**
 * Debian's `docker-registry` (distribution 2.8.2) on a free loopback port with its content in a temp folder:
 * the outsider that the client's suite and our own registry are held against. It does not sort tags, knows
 * no referrers, sends no 416, and its `_catalog` is the only list it pages.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findTool, type Tool } from './tools.ts';

export type DebianRegistry = {
  readonly url: string;
  readonly host: string;
  close(): Promise<void>;
};

export type DebianRegistryOptions = {
  /** Served over TLS with these PEM texts. */
  readonly tls?: { readonly certificate: string; readonly key: string };
};

/** How long it may take until it listens: it takes some 100 ms, on a machine under load ten times that. */
const startMs = 30_000;

/** Between two tries to connect. Asking is cheaper than its log, which it would then write for every request. */
const retryMs = 20;

/** Handed to `it(name, { skip: debianRegistryTool().missing })`. @throws Error where it is missing in CI */
export function debianRegistryTool(): Tool {
  return findTool('docker-registry');
}

/** @throws Error with the registry's own words where it does not start */
export async function startDebianRegistry(options: DebianRegistryOptions = {}): Promise<DebianRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-debian-registry-'));
  const port = await findFreePort();
  const tlsLines = await writeTls(folder, options.tls);
  const configuration = [
    'version: 0.1',
    'log: { level: error, accesslog: { disabled: true } }',
    'storage:',
    `  filesystem: { rootdirectory: ${JSON.stringify(join(folder, 'content'))} }`,
    '  delete: { enabled: true }',
    'http:',
    `  addr: 127.0.0.1:${port}`,
    ...tlsLines,
    '',
  ].join('\n');
  await writeFile(join(folder, 'config.yml'), configuration);
  const child = spawn(debianRegistryTool().path, ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const close = async () => {
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntilListening(child, port);
  } catch (error) {
    await close();
    throw error;
  }
  const host = `127.0.0.1:${port}`;
  return { url: `${options.tls === undefined ? 'http' : 'https'}://${host}`, host, close };
}

async function writeTls(folder: string, tls: DebianRegistryOptions['tls']): Promise<readonly string[]> {
  if (tls === undefined) return [];
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  await writeFile(certificate, tls.certificate);
  await writeFile(key, tls.key, { mode: 0o600 });
  return [`  tls: { certificate: ${JSON.stringify(certificate)}, key: ${JSON.stringify(key)} }`];
}

/** It cannot be told to take any port and say which, so one that was free a moment ago. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function waitUntilListening(child: ChildProcess, port: number): Promise<void> {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`docker-registry ended with ${status}: ${words}`)));
  });
  const deadline = Date.now() + startMs;
  while (!(await Promise.race([canConnect(port), failed]))) {
    if (Date.now() > deadline) throw new Error(`docker-registry does not listen: ${words}`);
    await pause(retryMs);
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}
