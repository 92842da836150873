import type { ImageObjects } from '../../cluster/image-objects.ts';
import { nameOf } from '../../hygiene/hygiene.ts';
import { type ListHistory, policiesOf, readHistory } from '../../hygiene/read-history.ts';
import type { CommandOptions } from '../command.ts';
import type { Host } from '../host.ts';
import { openLedgerIfAny } from '../ledger-option.ts';
import { startProgress } from '../progress.ts';

/** What the ledger knows of each repository, by `namespace/name`; nothing where there is no ledger. */
export async function readHistories(
  host: Host,
  options: CommandOptions,
  { repositories = [], policies }: ImageObjects,
): Promise<ReadonlyMap<string, ListHistory>> {
  const histories = new Map<string, ListHistory>();
  const ledger = await openLedgerIfAny(host, options);
  if (ledger === undefined) return histories;
  const progress = startProgress(host, 'reading the ledger');
  try {
    for (const repository of repositories) {
      const name = nameOf(repository);
      progress.update(`reading the ledger: ${name}`);
      const own = policiesOf(repository, policies);
      const history = await readHistory(ledger, repository, own, host.signal);
      if (history !== undefined) histories.set(name, history);
    }
    return histories;
  } finally {
    progress.stop();
    await ledger.close();
  }
}
