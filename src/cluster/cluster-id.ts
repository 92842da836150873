import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { backOffMs, type Timing, wait } from '../timing.ts';
import { ClusterError } from './errors.ts';
import { textAt } from './foreign-value.ts';
import type { KubernetesClient, ResourceKind } from './kubernetes-client.ts';

export const namespaceKind: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
};

/** Between tries at an API server that is away. */
const backOff = { minMs: 800, maxMs: 30_000 };

export type ClusterIdOptions = { readonly signal: AbortSignal; readonly timing: Timing; readonly log: Log };

/**
 * What tells this cluster from others: the uid of its namespace `kube-system`, which lives as long as the
 * cluster. Waits for a server that is away, and for the right to read it: either may come.
 * @throws the signal's reason
 */
export async function readClusterId(client: KubernetesClient, options: ClusterIdOptions): Promise<string> {
  const { signal, timing, log } = options;
  let told: string | undefined;
  for (let failures = 1; ; failures += 1) {
    try {
      return await askForId(client, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ClusterError)) throw error;
      const what = `cannot tell which cluster this is: ${describeError(error)}`;
      // Once for as long as it is the same: it may last for hours.
      log.write(what === told ? 'debug' : 'warn', what, { hint: hintOn(error) });
      told = what;
      await wait(timing, backOffMs(failures, backOff, timing.random()), signal);
    }
  }
}

async function askForId(client: KubernetesClient, signal: AbortSignal): Promise<string> {
  const namespace = await client.read(namespaceKind, { namespace: '', name: 'kube-system' }, signal);
  const uid = namespace && textAt(namespace.metadata, 'uid');
  if (uid !== undefined) return uid;
  // A server that has just started makes it a moment later.
  throw new ClusterError('CLUSTER_NOT_FOUND', 'the namespace kube-system is not there', {
    hint: 'it is waited for; where there will be none, name the cluster with --cluster-name',
    retryable: true,
  });
}

function hintOn({ code, hint }: ClusterError): string | undefined {
  if (code !== 'CLUSTER_FORBIDDEN') return hint;
  return 'allow "get" of the namespace kube-system, or name the cluster with --cluster-name; it is waited for';
}
