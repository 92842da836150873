import type { Command } from 'commander';
import { describeError } from '../errors.ts';
import { LedgerError } from '../ledger/errors.ts';
import type { Ledger, LedgerReader } from '../ledger/ledger.ts';
import type { OpenLedgerOptions } from '../ledger/open-ledger.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import { type CommandOptions, stringOption } from './command.ts';
import { UsageError } from './errors.ts';
import type { Host } from './host.ts';

/** Adds `--ledger`, the same in every command that reads or records. */
export function addLedgerOption(command: Command): void {
  command.option(
    '--ledger <location>',
    'ledger file, or postgres://… (default: $HOLDFAST_LEDGER, else ~/.local/state/holdfast/ledger.db)',
    (text: string) => parseLedgerLocation('--ledger', text),
  );
}

/** The variable that says where the ledger is, for whom a URL with its password has no place in a list of processes. */
export const ledgerVariable = 'HOLDFAST_LEDGER';

/**
 * Where a ledger is, as `source` says it. Nothing, and what a manifest or a shell was to fill in, would be a file.
 * @throws UsageError that names `source`, and of the text only what was not filled in: it may hold a password
 */
export function parseLedgerLocation(source: string, text: string): string {
  if (text.trim() === '') {
    throw new UsageError(
      `${source}: expected a place for the ledger, got nothing`,
      'name it, or leave it out',
    );
  }
  const [unfilled] = /\$\([\w.-]+\)/.exec(text) ?? [];
  if (unfilled === undefined) return text;
  throw new UsageError(
    `${source} still holds ${unfilled}: no variable of that name was put in its place`,
    `Kubernetes fills in $(NAME) in a container's arguments from its env; or give the whole in ${ledgerVariable}`,
  );
}

/** Opens the ledger that the options name, hands it to `work`, and closes it whatever happens. */
export async function withLedger<Result>(
  host: Host,
  options: CommandOptions,
  work: (ledger: Ledger) => Promise<Result>,
  opening: OpenLedgerOptions = {},
): Promise<Result> {
  const ledger = await host.services.openLedger(stringOption(options, 'ledger'), opening);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

/** What a command that only reads needs. */
export type ReadLedger = LedgerReader & Pick<ScanLedger, 'listScans' | 'readGeneration' | 'listTags'>;

/**
 * As {@link withLedger}, for a command that only reads: no ledger is made. Where this user has none yet and named
 * none, `work` is given one that knows nothing.
 * @throws LedgerError `LEDGER_MISSING` where one was named that is not there
 */
export async function withLedgerReader<Result>(
  host: Host,
  options: CommandOptions,
  work: (ledger: ReadLedger) => Promise<Result>,
): Promise<Result> {
  const named = stringOption(options, 'ledger');
  let ledger: Ledger;
  try {
    ledger = await host.services.openLedger(named, { mustExist: true });
  } catch (error) {
    const isNamed = (named ?? host.env[ledgerVariable] ?? '') !== '';
    if (isNamed || !(error instanceof LedgerError) || error.code !== 'LEDGER_MISSING') throw error;
    return work(emptyLedger);
  }
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

const emptyLedger: ReadLedger = {
  listObservations: async () => [],
  listPresences: async () => [],
  listFirstSeen: async () => new Map(),
  findRelated: async () => [],
  listRepositoriesEnding: async () => [],
  listScans: async () => [],
  readGeneration: async () => 0,
  listTags: async () => [],
};

/**
 * The ledger, or undefined where `--no-ledger` was given or it cannot be opened, which is said: somebody with an
 * incident gets the verdict all the same.
 */
export async function openLedgerIfAny(host: Host, options: CommandOptions): Promise<Ledger | undefined> {
  if (options['ledger'] === false) return undefined;
  try {
    return await host.services.openLedger(stringOption(options, 'ledger'));
  } catch (error) {
    host.signal.throwIfAborted();
    host.stderr.write(`holdfast: warning: the ledger was not used: ${describeError(error)}\n`);
    return undefined;
  }
}
