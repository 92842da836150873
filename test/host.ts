import { PassThrough, Readable, Writable } from 'node:stream';
import type { Host, Services } from '../src/cli/host.ts';
import { fixedClock } from '../src/clock.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { silentLog } from '../src/log.ts';
import { openRegistry } from '../src/registry/open-registry.ts';

export type TestHostOptions = {
  readonly env?: Host['env'];
  readonly cwd?: string;
  /** What stands on standard input; empty by default. */
  readonly stdin?: string | Uint8Array | Readable;
  /** Those a test needs; calling another is a failure with a message of its own. */
  readonly services?: Partial<Services>;
  readonly signal?: AbortSignal;
  readonly clock?: Host['clock'];
};

export type TestHost = {
  readonly host: Host;
  /** Everything written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
};

/** A host whose streams are captured: for calling `runCli(words, host)` without a process. */
export function testHost(options: TestHostOptions = {}): TestHost {
  const stdout = capture();
  const stderr = capture();
  const host: Host = {
    stdin: stdinOf(options.stdin ?? ''),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    clock: options.clock ?? fixedClock(Date.UTC(2026, 0, 2, 3, 4, 5)),
    log: silentLog,
    signal: options.signal ?? new AbortController().signal,
    version: '0.0.0-test',
    programName: 'holdfast',
    services: {
      openRegistry: () => Promise.reject(new Error('this test gave no registry')),
      openLedger: () => Promise.reject(new Error('this test gave no ledger')),
      controllerMachine: () => Promise.reject(new Error('this test gave no machine for controllers')),
      ...options.services,
    },
  };
  return { host, stdout: stdout.text, stderr: stderr.text };
}

/** The registry client and ledger of the program itself, which find all their files in `folder`. */
export function servicesIn(
  folder: string,
  { env, clock }: Pick<Host, 'env' | 'clock'>,
): Pick<Services, 'openRegistry' | 'openLedger'> {
  return {
    openRegistry: async (asked = {}) =>
      openRegistry({
        ...asked,
        env,
        homeDirectory: folder,
        systemRoot: folder,
        clock,
        random: () => 0,
        limits: { backoffMs: 1 },
      }),
    openLedger: (location, opening) => openLedger(location, { env, cwd: folder }, opening),
  };
}

function stdinOf(given: string | Uint8Array | Readable): Readable {
  if (given instanceof Readable) return given;
  const stream = new PassThrough();
  stream.end(given);
  return stream;
}

function capture(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
