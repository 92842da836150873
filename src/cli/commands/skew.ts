import type { Command } from 'commander';
import { isWholeRead, type Snapshot } from '../../cluster/snapshot.ts';
import { describeError } from '../../errors.ts';
import type { Problem } from '../../findings/finding.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { RegistryReader } from '../../registry/registry-client.ts';
import { type FoundSkew, findSkew } from '../../skew/find-skew.ts';
import type { SkewReport } from '../../skew/skew-report.ts';
import { paintFor } from '../color.ts';
import {
  addExamples,
  type CommandModule,
  type CommandOptions,
  flagOption,
  stringOption,
} from '../command.ts';
import { UsageError } from '../errors.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { addLedgerOption, openLedgerIfAny } from '../ledger-option.ts';
import { addOutputOption, writeOutput } from '../output.ts';
import { writeWarnings } from '../problem-warnings.ts';
import { startProgress } from '../progress.ts';
import { addRegistryOptions, registryOptions, writeRegistryNotices } from '../registry-options.ts';
import { skewJson } from '../skew/skew-json.ts';
import { skewTable } from '../skew/skew-table.ts';
import { addClusterOptions, readSnapshot } from '../snapshot-options.ts';

export const command: CommandModule = {
  define(command: Command) {
    command
      .argument(
        '[dump]',
        'what kubectl wrote: a file, the folder of "cluster-info dump", or - for standard input',
      )
      .option('--snapshot <dump>', 'the same as the argument');
    addClusterOptions(command);
    command
      .option('--offline', 'do not ask registries what the tags name now')
      .option('--no-ledger', 'do not use the ledger, and record nothing');
    addRegistryOptions(command);
    addLedgerOption(command);
    addOutputOption(command);
    addExamples(command, [
      ['holdfast skew', 'the cluster of the current context'],
      ['holdfast skew -n logging --context prod', 'one namespace of another cluster'],
      [
        'kubectl get pods,nodes,events,replicasets,statefulsets,daemonsets,jobs -A -o json | holdfast skew -',
        'what kubectl may see',
      ],
      ['holdfast skew incident.json --offline', 'a dump, without asking anybody'],
    ]);
  },
  run: showSkew,
};

async function showSkew(
  host: Host,
  [argument]: readonly string[],
  options: CommandOptions,
): Promise<ExitStatus> {
  const named = stringOption(options, 'snapshot');
  if (named !== undefined && argument !== undefined) {
    throw new UsageError('a dump was given twice', 'give it as the argument or with --snapshot');
  }
  const snapshot = await readSnapshot(host, argument ?? named, options);
  const found = await lookAt(snapshot, host, options);
  const report = snapshot.pods.length > 0 ? found.report : withNoPods(found.report, options);
  await writeOutput(host, options, skewJson(report, snapshot.takenAt), () =>
    skewTable(report, snapshot, paintFor(host)),
  );
  writeWarnings(host, report.problems);
  if (report.splits.length > 0) return exitStatus.findings;
  return isWholeRead(snapshot) && snapshot.pods.length > 0 ? exitStatus.clean : exitStatus.unable;
}

/** Nothing was looked at, which is not "nothing found". */
function withNoPods(report: SkewReport, options: CommandOptions): SkewReport {
  const namespace = flagOption(options, 'allNamespaces') ? undefined : stringOption(options, 'namespace');
  const selector = stringOption(options, 'selector');
  const where = [
    namespace === undefined ? '' : ` in namespace ${namespace}`,
    selector === undefined ? '' : ` with labels ${selector}`,
  ].join('');
  const problem: Problem = {
    code: 'NO_PODS',
    message: `no pods${where}: nothing was compared`,
    hint: 'check context, namespace and labels; -A looks at all namespaces',
  };
  return { ...report, problems: [...report.problems, problem] };
}

/** Asks registry and ledger as far as they can be had; neither may keep the verdict back. */
async function lookAt(snapshot: Snapshot, host: Host, options: CommandOptions): Promise<FoundSkew> {
  const progress = startProgress(host, 'comparing');
  const { registry, noRegistry } = await openRegistry(host, options);
  const ledger = await openLedgerIfAny(host, options);
  try {
    const found = await findSkew(snapshot, {
      ...(registry === undefined ? {} : { registry }),
      ...(noRegistry === undefined ? {} : { noRegistry }),
      ...(ledger === undefined ? {} : { ledger }),
      askedAt: host.clock.now(),
      signal: host.signal,
      onProgress: (text) => progress.update(text),
    });
    if (ledger !== undefined) await record(found.sightings, ledger, host);
    return found;
  } finally {
    progress.stop();
    if (registry !== undefined) writeRegistryNotices(host, registry);
    await registry?.close();
    await ledger?.close();
  }
}

/** A dump with a clock ahead of ours must not write the future into history. */
async function record(sightings: FoundSkew['sightings'], ledger: Ledger, host: Host): Promise<void> {
  try {
    await ledger.recordSightings(sightings.filter((one) => one.observedAt <= host.clock.now()));
  } catch (error) {
    host.signal.throwIfAborted();
    host.stderr.write(`holdfast: warning: nothing was recorded in the ledger: ${describeError(error)}\n`);
  }
}

async function openRegistry(
  host: Host,
  options: CommandOptions,
): Promise<{ readonly registry?: RegistryReader; readonly noRegistry?: string }> {
  if (flagOption(options, 'offline')) return { noRegistry: '--offline was given' };
  try {
    return { registry: await host.services.openRegistry(registryOptions(options)) };
  } catch (error) {
    return { noRegistry: describeError(error) };
  }
}
