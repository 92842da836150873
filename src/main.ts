/** The only file that knows every part: it makes the host, hands it to the front door, and ends the process. */
import { randomUUID } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { basename } from 'node:path';
import { exitStatus } from './cli/exit-status.ts';
import type { Host, Services } from './cli/host.ts';
import { systemClock } from './clock.ts';
import { silentLog } from './log.ts';
import { systemTiming } from './timing.ts';
import { version } from './version.ts';

export async function main(): Promise<void> {
  const words = process.argv.slice(2);
  if (words.length === 1 && words[0] === '--version') {
    process.stdout.write(`holdfast ${version}\n`);
    return;
  }
  const { runCli } = await import('./cli/cli.ts');
  process.exitCode = await runCli(words, processHost());
}

function processHost(): Host {
  const interrupt = new AbortController();
  stopOnSignal(interrupt);
  // `| head` has gone: stop, and clean up as for Ctrl-C. Without a listener Node would die of it at once.
  process.stdout.on('error', (error) => interrupt.abort(error));
  process.stderr.on('error', () => undefined);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    log: silentLog,
    signal: interrupt.signal,
    version,
    programName: programName(),
    services: processServices(),
  };
}

/**
 * Ctrl-C reaches us twice where npm or npx started us: from the terminal and forwarded by npm. Only a person who
 * presses it again means to end the cleaning up.
 */
const forwardedWithinMs = 1000;

function stopOnSignal(interrupt: AbortController): void {
  let firstAt: number | undefined;
  const stop = (): void => {
    firstAt ??= Date.now();
    if (Date.now() - firstAt > forwardedWithinMs) process.exit(exitStatus.interrupted);
    interrupt.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** V8 collects when it likes, and gives memory back later still; a flag lets it be asked. */
async function garbageCollector(): Promise<() => void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import('node:v8'),
    import('node:vm'),
  ]);
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return () => {
    // An ordinary collection keeps most pages for later: 267 of 306 MiB, where this one keeps 61.
    if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  };
}

/** As kubectl's users type it where kubectl started us by the name of its plugin. */
function programName(): string {
  const isPlugin = /^kubectl-holdfast(\.[a-z]+)?$/.test(basename(process.argv[1] ?? ''));
  return isPlugin ? 'kubectl holdfast' : 'holdfast';
}

function processServices(): Services {
  return {
    async openRegistry(options = {}) {
      const { openRegistry } = await import('./registry/open-registry.ts');
      return openRegistry({
        ...options,
        env: process.env,
        homeDirectory: homedir(),
        systemRoot: '/',
        userId: process.getuid?.(),
        clock: systemClock,
        random: Math.random,
      });
    },
    async openLedger(location, options) {
      const { openLedger } = await import('./ledger/open-ledger.ts');
      return openLedger(location, { env: process.env, cwd: process.cwd() }, options);
    },
    async controllerMachine() {
      const { openRegistryFor } = await import('./registry/open-registry-for.ts');
      const { makeCloudCredentials } = await import('./registry/identity/cloud-credentials.ts');
      const { openClaims } = await import('./ledger/open-ledger.ts');
      const surroundings = { env: process.env, clock: systemClock, random: Math.random };
      return {
        timing: systemTiming,
        hostname: hostname(),
        uniqueId: randomUUID(),
        root: '/',
        usedBytes: () => process.memoryUsage.rss(),
        reclaim: await garbageCollector(),
        openClaims,
        openClouds: (cache) => makeCloudCredentials({ ...surroundings, cache }),
        openRegistryFor: (access, onAnswer) =>
          openRegistryFor(access, { ...surroundings, ...(onAnswer === undefined ? {} : { onAnswer }) }),
      };
    },
  };
}
