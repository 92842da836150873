import { type Command, Option } from 'commander';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DigestChoice } from '../../ledger/look-up-digests.ts';
import { type ScanResult, scanRepository } from '../../ledger/scan.ts';
import { checkWatchPattern } from '../../ledger/watch.ts';
import { parseRepository, type Repository, repositoryName } from '../../reference/repository.ts';
import { ledgerFor } from '../../reflect/tag-list.ts';
import type { CommandModule, CommandOptions } from '../command.ts';
import { addExamples, collect, flagOption, listOption, stringOption } from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { addLedgerOption, withLedger } from '../ledger-option.ts';
import { addOutputOption, writeOutput } from '../output.ts';
import { startProgress } from '../progress.ts';
import { addRegistryOptions, registryOptions, writeRegistryNotices } from '../registry-options.ts';
import { parseListOwner, requireOwnList } from '../scan/own-list.ts';
import { scanJson } from '../scan/scan-json.ts';
import { scanTable } from '../scan/scan-table.ts';

const digestChoices: readonly DigestChoice[] = ['watched', 'all', 'none'];

/** A repository, and how the user spelled it. */
type Asked = { readonly name: string; readonly repository: Repository };

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<repository...>', 'repositories, without tag: ghcr.io/kube-logging/fluentd');
    command.option(
      '--watch <pattern>',
      'from now on ask for the digests of tags like v1.16-* (repeatable)',
      collect,
    );
    command.option('--unwatch <pattern>', 'stop watching a pattern (repeatable)', collect);
    command.addOption(
      new Option(
        '--digests <which>',
        'whose digests to ask for: of tags seen before, selected or watched; all; none',
      )
        .choices(digestChoices)
        .default('watched'),
    );
    command.option(
      '--accept-shrunk',
      'believe the list at once, even if it is empty or lost most of its tags; ask for none of them',
    );
    command.option(
      '--image-repository <namespace/name>',
      'scan the list that this ImageRepository does not share (its own proxy, certificates or insecure)',
    );
    addRegistryOptions(command);
    addLedgerOption(command);
    addOutputOption(command);
    addExamples(command, [
      ['holdfast scan ghcr.io/kube-logging/fluentd', 'record its tags, and the digests of those seen before'],
      ["holdfast scan ghcr.io/kube-logging/fluentd --watch 'v1.16-*'", 'follow the digests of some tags too'],
    ]);
  },
  run: scan,
};

async function scan(host: Host, names: readonly string[], options: CommandOptions): Promise<ExitStatus> {
  const asked = names.map((name) => ({ name, repository: parseRepository(name) }));
  const patterns = { watch: listOption(options, 'watch'), unwatch: listOption(options, 'unwatch') };
  for (const pattern of patterns.watch) checkWatchPattern(pattern);
  const ownerText = stringOption(options, 'imageRepository');
  if (ownerText !== undefined) parseListOwner(ownerText);
  const results = await withLedger(host, options, async (ledger) => {
    await changeWatches(host, ledger, asked, patterns);
    return scanAll(host, ledger, asked, options);
  });
  const named = results.map((result, index) => ({ ...result, name: asked[index]?.name ?? '' }));
  await writeOutput(host, options, scanJson(named), () => scanTable(named));
  const isWhole = results.every(({ outcome, problems }) => outcome === 'complete' && problems.length === 0);
  return isWhole ? exitStatus.clean : exitStatus.unable;
}

/** Where a scan is recorded: the shared list, or an object's own. */
async function placeOf(ledger: Ledger, repository: Repository, options: CommandOptions) {
  const accept = `holdfast scan ${repositoryName(repository)} --accept-shrunk`;
  const text = stringOption(options, 'imageRepository');
  if (text === undefined) return { ledger, isOwn: false, acceptedBy: accept };
  const key = await requireOwnList(ledger, repository, parseListOwner(text));
  return { ledger: ledgerFor(ledger, key), isOwn: true, acceptedBy: `${accept} --image-repository ${text}` };
}

async function changeWatches(
  host: Host,
  ledger: Ledger,
  asked: readonly Asked[],
  patterns: { readonly watch: readonly string[]; readonly unwatch: readonly string[] },
): Promise<void> {
  for (const { repository } of asked) {
    for (const pattern of patterns.unwatch) await ledger.removeWatch(repository, pattern);
    for (const pattern of patterns.watch) {
      await ledger.addWatch(repository, { pattern, addedAt: host.clock.now() });
    }
  }
}

async function scanAll(
  host: Host,
  ledger: Ledger,
  asked: readonly Asked[],
  options: CommandOptions,
): Promise<readonly ScanResult[]> {
  const lister = await host.services.openRegistry(registryOptions(options));
  const progress = startProgress(host, 'scanning');
  const chosen = digestChoices.find((choice) => choice === options['digests']) ?? 'watched';
  try {
    const results: ScanResult[] = [];
    for (const { repository } of asked) {
      const place = await placeOf(ledger, repository, options);
      results.push(
        await scanRepository({ lister, ledger: place.ledger, clock: host.clock }, repository, {
          // What the selected tags of its own list point to is for its controller to look at.
          digests: place.isOwn ? 'none' : chosen,
          acceptedBy: () => place.acceptedBy,
          acceptsFrom: flagOption(options, 'acceptShrunk') ? 0 : undefined,
          signal: host.signal,
          onProgress: (text) => progress.update(text),
        }),
      );
    }
    return results;
  } finally {
    progress.stop();
    writeRegistryNotices(host, lister);
    await lister.close();
  }
}
