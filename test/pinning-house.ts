import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '../src/cli/cli.ts';
import { fixedClock } from '../src/clock.ts';
import { type OpenLedgerOptions, openLedger } from '../src/ledger/open-ledger.ts';
import { openRegistry } from '../src/registry/open-registry.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { testHost } from './host.ts';

/** A registry, a folder with manifests and a ledger of its own: what `lock`, `pin` and `unpin` work in. */
export type PinningHouse = {
  readonly server: RegistryServer;
  readonly folder: string;
  readonly clock: ReturnType<typeof fixedClock>;
  write(file: string, text: string): void;
  read(file: string): string;
  exists(file: string): boolean;
  /** A call of the front door, streams captured. */
  run(...words: readonly string[]): Promise<Ran>;
  /** The same with this on standard input. */
  pipe(stdin: string, ...words: readonly string[]): Promise<Ran>;
  /** The same with `-o json`. */
  json(...words: readonly string[]): Promise<{ readonly status: number; readonly value: Answer }>;
  /** A process of its own. */
  start(...words: readonly string[]): ChildProcess;
  close(): Promise<void>;
};

const program = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

/** The keys that tests look at. */
export type Answer = {
  readonly written?: boolean;
  readonly images?: readonly { readonly buildTag?: string }[];
  readonly added?: readonly string[];
  readonly updated?: readonly { readonly reference: string; readonly to: string }[];
  readonly removed?: readonly string[];
  readonly skipped?: unknown;
  readonly findings: readonly {
    readonly rule: string;
    readonly file?: string;
    readonly line?: number;
    readonly message: string;
    readonly hint?: string;
  }[];
  readonly problems: readonly { readonly code: string; readonly message: string }[];
};

export type Ran = { readonly status: number; readonly stdout: string; readonly stderr: string };

export async function openPinningHouse(): Promise<PinningHouse> {
  const server = await startRegistryServer();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pinning-'));
  const clock = fixedClock(Date.UTC(2026, 10, 21, 10, 49));
  const env = { HOME: folder, HOLDFAST_LEDGER: join(folder, 'state', 'ledger.db') };
  const services = {
    openLedger: (location: string | undefined, options?: OpenLedgerOptions) =>
      openLedger(location, { env, cwd: folder }, options),
    openRegistry: async () =>
      openRegistry({
        env,
        homeDirectory: folder,
        systemRoot: folder,
        userId: undefined,
        clock,
        random: () => 0,
        delay: async () => undefined,
      }),
  };
  const pipe = async (stdin: string, ...words: readonly string[]): Promise<Ran> => {
    const captured = testHost({ cwd: folder, env, clock, services, stdin });
    const status = await runCli(words, captured.host);
    return { status, stdout: captured.stdout(), stderr: captured.stderr() };
  };
  const run = (...words: readonly string[]): Promise<Ran> => pipe('', ...words);
  return {
    server,
    folder,
    clock,
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    },
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    exists: (file) => existsSync(join(folder, file)),
    run,
    pipe,
    async json(...words) {
      const { status, stdout } = await run(...words, '-o', 'json');
      return { status, value: JSON.parse(stdout) };
    },
    start(...words) {
      return spawn(process.execPath, [program, ...words], { cwd: folder, env, stdio: 'ignore' });
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A Deployment with these images, one container each. */
export function deployment(...images: readonly string[]): string {
  const containers = images.map((image, index) => `      - name: c${index}\n        image: ${image}\n`);
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n${containers.join('')}`;
}
