import type { ImageObjects } from '../../cluster/image-objects.ts';
import { nameOf } from '../../hygiene/hygiene.ts';
import { type ListHistory, policiesOf, readHistory } from '../../hygiene/read-history.ts';
import type { CommandOptions } from '../command.ts';
import type { Host } from '../host.ts';
import { type ReadLedger, withLedgerReader } from '../ledger-option.ts';
import { startProgress } from '../progress.ts';

/**
 * What the ledger knows of each repository, by `namespace/name`; nothing where there is none, or `--no-ledger`.
 * @throws LedgerError `LEDGER_MISSING` where one was named that is not there
 */
export async function readHistories(
  host: Host,
  options: CommandOptions,
  objects: ImageObjects,
): Promise<ReadonlyMap<string, ListHistory>> {
  if (options['ledger'] === false) return new Map();
  return withLedgerReader(host, options, async (ledger) => {
    const progress = startProgress(host, 'reading the ledger');
    try {
      return await readEach(ledger, objects, host.signal, (name) =>
        progress.update(`reading the ledger: ${name}`),
      );
    } finally {
      progress.stop();
    }
  });
}

async function readEach(
  ledger: ReadLedger,
  { repositories = [], policies }: ImageObjects,
  signal: AbortSignal,
  onProgress: (name: string) => void,
): Promise<ReadonlyMap<string, ListHistory>> {
  const histories = new Map<string, ListHistory>();
  for (const repository of repositories) {
    const name = nameOf(repository);
    onProgress(name);
    const history = await readHistory(ledger, repository, policiesOf(repository, policies), signal);
    if (history !== undefined) histories.set(name, history);
  }
  return histories;
}
