/** The only file that knows every part: it makes the host, hands it to the front door, and ends the process. */
import { homedir } from 'node:os';
import type { Host, Services } from './cli/host.ts';
import { systemClock } from './clock.ts';
import { silentLog } from './log.ts';
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
  process.once('SIGINT', () => interrupt.abort());
  process.once('SIGTERM', () => interrupt.abort());
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
    services: processServices(),
  };
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
    async openLedger(location) {
      const { openLedger } = await import('./ledger/open-ledger.ts');
      return openLedger(location, { env: process.env, cwd: process.cwd() });
    },
  };
}
