import { createHash } from 'node:crypto';
import { readClusterId } from '../../cluster/cluster-id.ts';
import type { KubernetesClient } from '../../cluster/kubernetes-client.ts';
import { standForLeader } from '../../cluster/leader.ts';
import { makeClaimedOwnership } from '../../controllers/claimed-ownership.ts';
import { ownWhileLeading } from '../../controllers/ownership.ts';
import type { Reflector } from '../../controllers/run-reflector.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { ControllerMachine, Host } from '../host.ts';
import type { ControllerSettings } from './controller-flags.ts';

/** Source: Flux's `leaderElectionId`. */
const leaseName = 'image-reflector-controller-leader-election';

/** Part of the renew deadline that one question may take: a silent database must not cost the whole of it. */
const triesPerDeadline = 3;

export type OwningParts = {
  readonly host: Host;
  readonly settings: ControllerSettings;
  readonly machine: ControllerMachine;
  readonly client: KubernetesClient;
  readonly metrics: Metrics;
  readonly log: Log;
};

/**
 * What the cluster is called in the ledger. Waits until it can be told; undefined where the signal came first.
 */
export async function findCluster(
  { settings, machine, client, log }: OwningParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { timing } = machine;
    const cluster = settings.clusterName ?? (await readClusterId(client, { signal, timing, log }));
    log.write('info', 'selections are recorded by cluster', { cluster });
    return cluster;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/**
 * Works on what is this replica's until `signal`: everything where it is the only one or leads, its share where
 * all are active.
 * @throws LedgerError
 */
export async function ownObjects(
  parts: OwningParts,
  reflector: Pick<Reflector, 'own'>,
  { cluster, signal }: Pick<Owning, 'cluster' | 'signal'>,
): Promise<void> {
  const { settings, metrics } = parts;
  const name = leaseNameFor(settings.reflector.labelSelector);
  if (settings.replicasActive === 'all') return share(parts, reflector, { cluster, name, signal });
  // Beside Flux nothing is written, so its lease is left to it, and nobody is told that somebody leads.
  const { observe } = settings.reflector;
  if (!settings.isElected || observe) {
    metrics.leading(name, !observe);
    const alone = { signal: new AbortController().signal, isLeader: () => true };
    return reflector.own(ownWhileLeading(alone), { cluster, signal });
  }
  return lead(parts, reflector, { cluster, name, signal });
}

type Owning = { readonly cluster: string; readonly name: string; readonly signal: AbortSignal };

function identityOf({ hostname, uniqueId }: ControllerMachine): string {
  return `${hostname}_${uniqueId}`;
}

function lead(
  { host, settings, machine, client, metrics, log }: OwningParts,
  reflector: Pick<Reflector, 'own'>,
  { cluster, name, signal }: Owning,
): Promise<void> {
  const identity = identityOf(machine);
  metrics.leading(name, false);
  return standForLeader({
    client,
    lease: { namespace: settings.runtimeNamespace, name },
    identity,
    times: settings.times,
    isReleasedAtEnd: settings.isReleasedAtEnd,
    lead: (leadership) => reflector.own(ownWhileLeading(leadership), { cluster, signal }),
    onHolder: (holder) => metrics.leading(name, holder === identity),
    signal,
    clock: host.clock,
    timing: machine.timing,
    log,
  });
}

async function share(
  { settings, machine, metrics, log }: OwningParts,
  reflector: Pick<Reflector, 'own'>,
  { cluster, name, signal }: Owning,
): Promise<void> {
  const { times, isReleasedAtEnd, reflector: options } = settings;
  const scope = [cluster, options.namespace ?? '', options.labelSelector ?? ''].join(' ').trim();
  const place = { scope, replica: identityOf(machine) };
  const answerMs = Math.ceil(times.renewDeadlineMs / triesPerDeadline);
  const claims = await machine.openClaims(settings.ledger, place, answerMs);
  try {
    const ownership = makeClaimedOwnership({
      claims,
      times,
      isReleasedAtEnd,
      onShare(state) {
        metrics.claimed(state);
        metrics.leading(name, state.replicas > 0 && !options.observe);
      },
      timing: machine.timing,
      log,
    });
    await reflector.own(ownership, { cluster, signal });
  } finally {
    await claims.close();
  }
}

/** Each shard has a leader of its own. */
function leaseNameFor(labelSelector: string | undefined): string {
  if (labelSelector === undefined) return leaseName;
  return `${leaseName}-${createHash('sha256').update(labelSelector).digest('hex').slice(0, 8)}`;
}
