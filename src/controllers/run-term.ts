import { imagePolicies, imageRepositories } from '../api/api.ts';
import { type ImagePolicy, parseImagePolicy } from '../api/image-policy.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { parseNamespacedName } from '../cluster/namespaced-name.ts';
import { describeError } from '../errors.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import { makePolicyReconciler } from './policy-reconciler.ts';
import type { ReflectorOptions, ReflectorPlaces, Term } from './reflector.ts';
import { makeRegistryClients } from './registry-clients.ts';
import { makeRepositoryReconciler } from './repository-reconciler.ts';
import { makeTagSummaries } from './tag-summaries.ts';
import { type FinishedRun, makeWorkQueue, type RunOutcome, type WorkQueue } from './work-queue.ts';
import { repositoryKeyOf } from './worth-a-look.ts';

/** After a lost race for an object: by then the winner's version is known. */
const lostRaceMs = 100;

export type TermStart = {
  readonly places: ReflectorPlaces;
  readonly options: ReflectorOptions;
  readonly stores: {
    readonly repositories: ObjectStore<ImageRepository>;
    readonly policies: ObjectStore<ImagePolicy>;
  };
  readonly isLeader: () => boolean;
};

export type RunningTerm = {
  readonly repositories: WorkQueue;
  readonly policies: WorkQueue;
  readonly wakePoliciesOf: (repositoryKey: string) => void;
  /** Every repository that was there at the start has been compared with the ledger, and scanned where it differed. */
  hasCaughtUp(): boolean;
  stop(graceMs: number): Promise<void>;
};

/**
 * Begins to reconcile everything. A policy waits until its repository was looked at once: no replica elects from
 * a ledger that it has not compared with the cluster.
 */
export function startTerm({ places, options, stores, isLeader }: TermStart): RunningTerm {
  const pending = new Set<string>();
  const wakePoliciesOf = (repositoryKey: string): void => {
    if (pending.has(repositoryKey)) return;
    for (const policy of stores.policies.values()) {
      if (repositoryKeyOf(policy) === repositoryKey) policies.add(keyOf(policy));
    }
  };
  const registries = makeRegistryClients(places.openRegistry);
  const term: Term = {
    ...places,
    ...stores,
    options,
    registries,
    isLeader,
    summaries: makeTagSummaries(places.ledger),
    offers: new Map(),
    wakeRepository: (key) => repositories.add(key),
    wakePoliciesOf,
  };

  const reconcileRepository = guarded(term, 'imagerepository', makeRepositoryReconciler(term));
  const reconcilePolicy = guarded(term, 'imagepolicy', makePolicyReconciler(term));
  const repositories = makeQueue(term, 'imagerepository', async (key, signal) => {
    const outcome = await reconcileRepository(key, signal);
    if (pending.delete(key)) wakePoliciesOf(key);
    return outcome;
  });
  const policies = makeQueue(term, 'imagepolicy', async (key, signal) => {
    const policy = stores.policies.get(key);
    const repositoryKey = policy && repositoryKeyOf(policy);
    const mustWait =
      repositoryKey !== undefined && pending.has(repositoryKey) && policy?.meta.isBeingDeleted === false;
    return mustWait ? { kind: 'done' } : reconcilePolicy(key, signal);
  });

  for (const repository of stores.repositories.values()) pending.add(keyOf(repository));
  for (const key of pending) repositories.add(key);
  for (const policy of stores.policies.values()) policies.add(keyOf(policy));
  return {
    repositories,
    policies,
    wakePoliciesOf,
    hasCaughtUp() {
      // One that was removed before its turn is not waited for.
      for (const key of pending) if (stores.repositories.get(key) === undefined) pending.delete(key);
      return pending.size === 0;
    },
    async stop(graceMs) {
      await Promise.all([repositories.drain(graceMs), policies.drain(graceMs)]);
      await registries.close();
    },
  };
}

type Reconcile = (key: string, signal: AbortSignal) => Promise<RunOutcome>;

function makeQueue(term: Term, controller: string, run: Reconcile): WorkQueue {
  const { metrics, timing, options } = term;
  const queue: WorkQueue = makeWorkQueue({
    concurrency: options.concurrency,
    retry: options.retry,
    timing,
    run,
    onRun(finished) {
      metrics.reconciled({
        controller,
        kind: controller === 'imagepolicy' ? imagePolicies.kind : imageRepositories.kind,
        object: parseNamespacedName(finished.key),
        result: resultOf(finished),
        waitedMs: finished.waitedMs,
        durationMs: finished.ranMs,
      });
      metrics.queued(controller, { depth: queue.depth, running: queue.running });
    },
  });
  return queue;
}

function resultOf({ outcome }: FinishedRun): 'success' | 'error' | 'requeue_after' {
  if (outcome.kind === 'failed') return 'error';
  return outcome.kind === 'again' ? 'requeue_after' : 'success';
}

/** A lost race is no failure: the object is read again, and looked at soon. */
function guarded(term: Term, controller: string, reconcile: Reconcile): Reconcile {
  return async (key, signal) => {
    const outcome = await reconcile(key, signal).catch(
      (error: unknown): RunOutcome => ({ kind: 'failed', error }),
    );
    if (outcome.kind !== 'failed' || signal.aborted || !term.isLeader()) return outcome;
    const { error } = outcome;
    const code = error instanceof ClusterError ? error.code : undefined;
    if (code === 'CLUSTER_CONFLICT' || code === 'CLUSTER_NOT_FOUND') {
      await refresh(term, controller, key, signal).catch(() => undefined);
      return { kind: 'again', afterMs: lostRaceMs };
    }
    term.log.write('error', `Reconciler error: ${describeError(error)}`, {
      controller,
      ...parseNamespacedName(key),
    });
    return outcome;
  };
}

async function refresh(term: Term, controller: string, key: string, signal: AbortSignal): Promise<void> {
  const name = parseNamespacedName(key);
  if (controller === 'imagepolicy') {
    const object = await term.client.read(imagePolicies, name, signal);
    if (object === undefined) term.policies.remove(key);
    else term.policies.put(parseImagePolicy(object));
  } else {
    const object = await term.client.read(imageRepositories, name, signal);
    if (object === undefined) term.repositories.remove(key);
    else term.repositories.put(parseImageRepository(object));
  }
}
