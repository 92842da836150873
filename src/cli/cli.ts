/**
 * Room `cli`: a front door. It translates words into calls of use cases and outcomes into text and exit
 * status; it decides nothing.
 */
import { getSystemErrorMessage } from 'node:util';
import { Command, CommanderError } from 'commander';
import { HoldfastError } from '../errors.ts';
import { commands } from './commands.ts';
import { type ExitStatus, exitStatus, exitStatusOf } from './exit-status.ts';
import type { Host } from './host.ts';

/** Runs one command line (without `node` and the program's name) and answers its exit status. Never throws. */
export async function runCli(words: readonly string[], host: Host): Promise<ExitStatus> {
  let status: ExitStatus = exitStatus.clean;
  const program = rootCommand(host);
  try {
    const asked = words.find((word) => !word.startsWith('-'));
    for (const entry of commands) {
      const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
      if (asked !== entry.name) continue;
      const module = await entry.load();
      module.define(command);
      command.action(async () => {
        status = await module.run(host, command.args, command.opts());
      });
    }
    if (words.length === 0) program.help();
    await program.parseAsync([...words], { from: 'user' });
    return await finish(host, status);
  } catch (error) {
    if (error instanceof CommanderError) {
      return finish(host, error.exitCode === 0 ? exitStatus.clean : exitStatus.usage);
    }
    if (host.signal.aborted) return interrupted(host);
    writeError(host, error);
    return exitStatusOf(error);
  }
}

function rootCommand(host: Host): Command {
  return new Command(host.programName)
    .description('Which image is this, really, and is it the one we meant?')
    .version(`holdfast ${host.version}`, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('Run with --help to see how it is used.')
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      writeErr: (text) => host.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
    });
}

/** Waits until what was printed has left us, or nobody waits any more: only then is an answer given. */
async function finish(host: Host, status: ExitStatus): Promise<ExitStatus> {
  const { stdout, signal } = host;
  if (signal.aborted) return outputFailure(host) === undefined ? status : interrupted(host);
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  stdout.write('', () => resolve());
  await promise;
  // The stream tells its error a turn after it tells the callback.
  await new Promise(setImmediate);
  return outputFailure(host) === undefined ? status : interrupted(host);
}

/** What ended standard output, where that is what ended us. */
function outputFailure({ signal }: Host): NodeJS.ErrnoException | undefined {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  const failure: NodeJS.ErrnoException | undefined = reason instanceof Error ? reason : undefined;
  return failure?.syscall === 'write' ? failure : undefined;
}

function interrupted(host: Host): ExitStatus {
  const failure = outputFailure(host);
  if (failure?.code === 'EPIPE') return exitStatus.outputClosed;
  if (failure !== undefined) {
    const why = failure.errno === undefined ? failure.message : getSystemErrorMessage(failure.errno);
    host.stderr.write(`holdfast: cannot write to standard output: ${why}\n`);
    return exitStatus.unable;
  }
  host.stderr.write('holdfast: interrupted; nothing is left half done\n');
  return exitStatus.interrupted;
}

/** `holdfast: MESSAGE`, then the hint; the cause's own words only where they add something. */
function writeError(host: Host, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  host.stderr.write(`holdfast: ${message}\n`);
  if (error instanceof HoldfastError) {
    if (error.hint !== undefined) host.stderr.write(`  hint: ${error.hint}\n`);
  } else if (host.env['HOLDFAST_DEBUG'] !== undefined && error instanceof Error) {
    host.stderr.write(`${error.stack ?? ''}\n`);
  }
}
