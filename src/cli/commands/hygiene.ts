import type { Command } from 'commander';
import { isNote } from '../../declared/declared.ts';
import type { HygieneReport } from '../../hygiene/hygiene.ts';
import { inspectHygiene } from '../../hygiene/inspect-hygiene.ts';
import { paintFor } from '../color.ts';
import {
  addExamples,
  type CommandModule,
  type CommandOptions,
  flagOption,
  stringOption,
} from '../command.ts';
import { UsageError } from '../errors.ts';
import type { ExitStatus } from '../exit-status.ts';
import { findingFormats, reportStatus, writeFindings } from '../findings/write-findings.ts';
import type { Host } from '../host.ts';
import { hygieneText } from '../hygiene/hygiene-text.ts';
import { readHistories } from '../hygiene/read-histories.ts';
import { inNamespace, readObjects } from '../hygiene/read-objects.ts';
import { readPlaces } from '../hygiene/read-places.ts';
import { addLedgerOption } from '../ledger-option.ts';
import { addOutputOption, outputFormat, writeText } from '../output.ts';
import { writeWarnings } from '../problem-warnings.ts';

export const command: CommandModule = {
  define(command: Command) {
    command
      .argument('[path...]', 'where markers are: files, folders, REPOSITORY@REF, or - for standard input')
      .option('--snapshot <dump>', 'take the objects from what kubectl wrote: a file, a folder, or -')
      .option('--no-cluster', 'take the objects from the paths as well, and ask no cluster')
      .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: $KUBECONFIG, else ~/.kube/config)')
      .option('--context <name>', 'context of the kubeconfig')
      .option('-n, --namespace <name>', 'look at this namespace alone')
      .option('-A, --all-namespaces', 'look at all namespaces (the default)')
      .option('--no-ledger', 'do not use the ledger: intervals and exclusions are not known then');
    addLedgerOption(command);
    addOutputOption(command, findingFormats);
    addExamples(command, [
      [
        'holdfast hygiene clusters/',
        'the cluster of the current context, and the Git checkout it is fed from',
      ],
      [
        'holdfast hygiene clusters/ --context prod --ledger postgres://ledger.db/holdfast',
        "with the controller's ledger: how often tags change",
      ],
      [
        'kubectl get imagerepositories,imagepolicies -A -o json | holdfast hygiene clusters/ --snapshot -',
        'what kubectl may see; with imageupdateautomations where Flux has them',
      ],
      ['holdfast hygiene clusters/ --no-cluster', 'in a pull request'],
    ]);
  },
  run: showHygiene,
};

async function showHygiene(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  refuseContradictions(paths, options);
  const declared = await readPlaces(host, paths, options);
  const objects = declared.objects ?? (await readObjects(host, options));
  const histories = await readHistories(host, options, objects);
  const namespace = flagOption(options, 'allNamespaces') ? undefined : stringOption(options, 'namespace');
  const report = inspectHygiene({
    ...inNamespace(objects, namespace),
    isWholeCluster: namespace === undefined,
    histories,
    markers: declared.markers,
    noMarkers: declared.noMarkers,
  });
  const shown: HygieneReport = {
    ...report,
    problems: [...objects.problems, ...declared.problems.filter((problem) => !isNote(problem))],
  };
  await write(host, options, shown);
  writeWarnings(host, declared.problems.filter(isNote));
  return reportStatus(shown, 'note');
}

function refuseContradictions(paths: readonly string[], options: CommandOptions): void {
  const dump = stringOption(options, 'snapshot');
  if (options['cluster'] === false && paths.length === 0) {
    throw new UsageError('--no-cluster needs a path', 'name the folder that declares the objects');
  }
  for (const flag of ['kubeconfig', 'context']) {
    if (options[flag] === undefined || (dump === undefined && options['cluster'] !== false)) continue;
    throw new UsageError(`--${flag} is for a live cluster`, 'give it, or --snapshot, or --no-cluster');
  }
  if (dump === '-' && paths.includes('-')) {
    throw new UsageError('standard input is asked for twice', 'give the objects or the paths in a file');
  }
  if (dump !== undefined && options['cluster'] === false) {
    throw new UsageError('--snapshot and --no-cluster both say where objects come from', 'give one of them');
  }
}

async function write(host: Host, options: CommandOptions, report: HygieneReport): Promise<void> {
  if (outputFormat(options) === 'table') return writeText(host, hygieneText(report, paintFor(host)));
  const { notKnown, repositories } = report;
  await writeFindings(host, options, report, 'holdfast hygiene', { notKnown, repositories });
}
