import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Snapshot } from '../cluster/snapshot.ts';
import { type CommandOptions, flagOption, stringOption } from './command.ts';
import { UsageError } from './errors.ts';
import type { Host } from './host.ts';
import { startProgress } from './progress.ts';

/** Adds the options that say which cluster, spelled as kubectl spells them. */
export function addClusterOptions(command: Command): void {
  command
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: $KUBECONFIG, else ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-n, --namespace <name>', 'look at this namespace alone')
    .option('-A, --all-namespaces', 'look at all namespaces (the default)')
    .option('-l, --selector <labels>', 'look at pods with these labels alone, in a live cluster');
}

/**
 * The snapshot that a command line names: a dump's file or folder, `-` for standard input, or else the live
 * cluster. Shows progress while it reads.
 * @throws UsageError, ClusterError
 */
export async function readSnapshot(
  host: Host,
  dump: string | undefined,
  options: CommandOptions,
): Promise<Snapshot> {
  const namespace = flagOption(options, 'allNamespaces') ? undefined : stringOption(options, 'namespace');
  if (dump === undefined) return readLive(host, namespace, options);
  for (const flag of ['kubeconfig', 'context', 'selector']) {
    if (options[flag] === undefined) continue;
    throw new UsageError(`--${flag} is for a live cluster, and ${dump} is a dump`, 'give one or the other');
  }
  return inNamespace(await readFromDump(host, dump), namespace);
}

async function readFromDump(host: Host, dump: string): Promise<Snapshot> {
  const { readDump, readDumpStream } = await import('../cluster/read-dump.ts');
  const name = dump === '-' ? 'standard input' : dump;
  const progress = startProgress(host, `reading ${name}`);
  const reading = {
    signal: host.signal,
    onProgress: (objects: number) => progress.update(`reading ${name}: ${objects} objects`),
  };
  try {
    if (dump === '-') return await readDumpStream(name, host.stdin, reading);
    return await readDump(resolve(host.cwd, dump), { ...reading, name: dump });
  } finally {
    progress.stop();
  }
}

async function readLive(
  host: Host,
  namespace: string | undefined,
  options: CommandOptions,
): Promise<Snapshot> {
  const { readCluster } = await import('../cluster/read-cluster.ts');
  const progress = startProgress(host, 'asking the cluster');
  const kubeconfig = stringOption(options, 'kubeconfig');
  const context = stringOption(options, 'context');
  try {
    return await readCluster({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      namespace,
      selector: stringOption(options, 'selector'),
      env: host.env,
      cwd: host.cwd,
      clock: host.clock,
      signal: host.signal,
      onProgress: (objects, what) => progress.update(`asking the cluster for ${what}: ${objects} objects`),
    });
  } finally {
    progress.stop();
  }
}

/** A dump of all namespaces, looked at through one. */
function inNamespace(snapshot: Snapshot, namespace: string | undefined): Snapshot {
  if (namespace === undefined) return snapshot;
  return { ...snapshot, pods: snapshot.pods.filter((pod) => pod.namespace === namespace) };
}
