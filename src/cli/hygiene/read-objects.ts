import { resolve } from 'node:path';
import type { ImageObjects } from '../../cluster/image-objects.ts';
import type { HygieneFacts } from '../../hygiene/hygiene.ts';
import { type CommandOptions, flagOption, stringOption } from '../command.ts';
import type { Host } from '../host.ts';
import { startProgress } from '../progress.ts';

/**
 * The image objects that a command line names: those of a dump, or of the live cluster.
 * @throws ClusterError
 */
export async function readObjects(host: Host, options: CommandOptions): Promise<ImageObjects> {
  const dump = stringOption(options, 'snapshot');
  const progress = startProgress(host, dump === undefined ? 'asking the cluster' : `reading ${dump}`);
  try {
    return dump === undefined ? await readLive(host, options) : await readFromDump(host, dump);
  } finally {
    progress.stop();
  }
}

async function readLive(host: Host, options: CommandOptions): Promise<ImageObjects> {
  const { readImageObjects } = await import('../../cluster/image-objects.ts');
  const kubeconfig = stringOption(options, 'kubeconfig');
  const context = stringOption(options, 'context');
  return readImageObjects({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    namespace: flagOption(options, 'allNamespaces') ? undefined : stringOption(options, 'namespace'),
    env: host.env,
    cwd: host.cwd,
    signal: host.signal,
  });
}

async function readFromDump(host: Host, dump: string): Promise<ImageObjects> {
  const { readImageDump, readImageDumpStream } = await import('../../cluster/read-image-dump.ts');
  const { signal } = host;
  if (dump === '-') return readImageDumpStream('standard input', host.stdin, { signal });
  return readImageDump(resolve(host.cwd, dump), { signal, name: dump });
}

/** Those of one namespace, or all. */
export function inNamespace(
  { repositories, policies, automations }: ImageObjects,
  namespace: string | undefined,
): Pick<HygieneFacts, 'repositories' | 'policies' | 'automations'> {
  const isIn = ({ meta }: { readonly meta: { readonly namespace: string } }): boolean =>
    namespace === undefined || meta.namespace === namespace;
  return {
    repositories: repositories?.filter(isIn),
    policies: policies?.filter(isIn),
    automations: automations?.filter(isIn),
  };
}
