/**
 * Debian's `docker-registry` (distribution 2.8.2) on a free loopback port with its content in a temp folder:
 * the outsider that the client's suite and our own registry are held against. It does not sort tags, knows
 * no referrers, sends no 416, and its `_catalog` is the only list it pages.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canConnect, findFreePort, startServerProcess } from './server-process.ts';
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
  const discard = () => rm(folder, { recursive: true, force: true });
  // Connecting is cheaper than a request, which it would write a line about each time.
  const isReady = () => canConnect(port);
  const words = ['serve', join(folder, 'config.yml')];
  const server = await startServerProcess(debianRegistryTool(), words, { isReady }).catch(async (error) => {
    await discard();
    throw error;
  });
  const close = async () => {
    await server.stop();
    await discard();
  };
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
