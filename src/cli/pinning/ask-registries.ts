import { HoldfastError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Asking } from '../../pinning/asking.ts';
import { type CommandOptions, stringOption } from '../command.ts';
import type { Host } from '../host.ts';
import { startProgress } from '../progress.ts';
import { registryOptions, writeRegistryNotices } from '../registry-options.ts';

/** What locking needs of a ledger. */
export type LockLedger = Pick<Ledger, 'listObservations' | 'recordSightings'>;

export type AskingWithLedger = Asking & {
  readonly ledger: LockLedger;
  readonly onProgress: (done: number, total: number) => void;
};

/** Registry and ledger open, progress running, and all of it let go of afterwards. */
export async function askRegistries<Result>(
  host: Host,
  options: CommandOptions,
  work: (asking: AskingWithLedger) => Promise<Result>,
): Promise<Result> {
  const registry = await host.services.openRegistry(registryOptions(options));
  const ledger = openLazily(host, options);
  const progress = startProgress(host, 'asking registries');
  try {
    return await work({
      registry,
      ledger,
      clock: host.clock,
      signal: host.signal,
      onProgress: (done, total) => progress.update(`asked for reference ${done} of ${total}`),
    });
  } finally {
    progress.stop();
    writeRegistryNotices(host, registry);
    await ledger.close();
    await registry.close();
  }
}

/**
 * The ledger as locking sees it: opened when first used, and passed over with a warning where it fails, for a
 * lock says what the registries said whether that is recorded or not.
 */
function openLazily(host: Host, options: CommandOptions): LockLedger & { close(): Promise<void> } {
  let opened: Promise<Ledger> | undefined;
  let hasFailed = options['ledger'] === false;
  const attempt = async <Result>(
    otherwise: Result,
    use: (ledger: Ledger) => Promise<Result>,
  ): Promise<Result> => {
    if (hasFailed) return otherwise;
    try {
      opened ??= host.services.openLedger(stringOption(options, 'ledger'));
      return await use(await opened);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      hasFailed = true;
      const hint = error.hint === undefined ? '' : `${error.hint}, or `;
      host.stderr.write(
        `holdfast: warning: the ledger was not used: ${error.message}\n  hint: ${hint}do without it with --no-ledger\n`,
      );
      return otherwise;
    }
  };
  return {
    recordSightings: (sightings) => attempt([], (ledger) => ledger.recordSightings(sightings)),
    listObservations: (repository, tag) => attempt([], (ledger) => ledger.listObservations(repository, tag)),
    close: () =>
      (opened ?? Promise.resolve(undefined)).then((ledger) => ledger?.close()).catch(() => undefined),
  };
}
