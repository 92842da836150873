/**
 * The registry in a process of its own, for benchmarks and for tests that must not share its event loop:
 *
 *     node test/registry-process.ts '{"tags":[{"repository":"big","count":1000000,"name":"v1.%09d"}]}'
 *
 * prints one line, `{"url":"http://127.0.0.1:PORT","host":"127.0.0.1:PORT","pid":N}`, and ends when its
 * standard input does, so that it never outlives who started it.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  type ImagePush,
  type RegistryServerOptions,
  startRegistryServer,
} from '../src/registry-server/registry-server.ts';

/** All of it JSON. */
export type RegistryProcessOptions = {
  readonly server?: Omit<RegistryServerOptions, 'clock'>;
  readonly images?: readonly ImagePush[];
  readonly tags?: readonly TagSeed[];
};

/** `count` tags named by a pattern: `%d` is the number, `%09d` the number in nine digits. */
export type TagSeed = { readonly repository: string; readonly count: number; readonly name: string };

export type RegistryProcess = {
  readonly url: string;
  readonly host: string;
  readonly pid: number;
  close(): Promise<void>;
};

/** Starts the process and waits until it serves. */
export async function startRegistryProcess(options: RegistryProcessOptions = {}): Promise<RegistryProcess> {
  const words = [fileURLToPath(import.meta.url), JSON.stringify(options)];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, host, pid } = JSON.parse(line) as RegistryProcess;
    const close = async () => {
      child.stdin.end();
      await ended;
    };
    return { url, host, pid, close };
  }
  throw new Error('the registry process ended before it served');
}

async function serve(text: string): Promise<void> {
  const { server: options = {}, images = [], tags = [] } = JSON.parse(text) as RegistryProcessOptions;
  const server = await startRegistryServer(options);
  for (const image of images) server.pushImage(image);
  for (const { repository, count, name } of tags) {
    server.seedTags(repository, count, (number) => formatNumber(name, number));
  }
  process.stdout.write(`${JSON.stringify({ url: server.url, host: server.host, pid: process.pid })}\n`);
  process.stdin.resume().once('end', () => void server.close());
}

function formatNumber(pattern: string, number: number): string {
  return pattern.replace(/%(?:0(\d+))?d/, (_, digits) => String(number).padStart(Number(digits ?? 0), '0'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2] ?? '{}');
