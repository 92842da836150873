import { imagePolicies, imageRepositories, type ReflectedObject } from '../api/api.ts';
import { type ImagePolicy, parseImagePolicy } from '../api/image-policy.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { parseNamespacedName } from '../cluster/namespaced-name.ts';
import { describeError } from '../errors.ts';
import { LedgerError } from '../ledger/errors.ts';
import { makeKnownLists } from '../reflect/known-lists.ts';
import { type AccessChanges, makeAccessChanges } from './access-changes.ts';
import { makeClaimKeys } from './claim-key.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import type { OwnStatuses } from './own-statuses.ts';
import { makeOwnedRuns } from './owned-runs.ts';
import type { Holder, Keys, Ownership } from './ownership.ts';
import { makePolicyReconciler } from './policy-reconciler.ts';
import type { ReflectorOptions, ReflectorPlaces, Term } from './reflector.ts';
import { makeRegistryClients } from './registry-clients.ts';
import { makeRepositoryReconciler } from './repository-reconciler.ts';
import { type FinishedRun, makeWorkQueue, type RunOutcome, type WorkQueue } from './work-queue.ts';
import { repositoryKeyOf } from './worth-a-look.ts';

/** After a lost race for an object: by then the winner's version is known. */
const lostRaceMs = 100;

/** How long what is under way may take when it is let go. */
const graceMs = 10_000;

export type TermStart = {
  readonly places: ReflectorPlaces;
  readonly options: ReflectorOptions;
  readonly stores: {
    readonly repositories: ObjectStore<ImageRepository>;
    readonly policies: ObjectStore<ImagePolicy>;
  };
  readonly ownStatuses: OwnStatuses;
  readonly ownership: Ownership;
  readonly cluster: string;
};

/** The work on all that this replica owns. */
export type RunningTerm = Holder & {
  /** Whether it is ours, and nobody else may write it. */
  owns(object: ReflectedObject): boolean;
  /** Reconciles it soon, where it is ours; else somebody else does. */
  look(object: ReflectedObject): void;
  readonly lookAtPoliciesOf: (repositoryKey: string) => void;
  remove(kind: ReflectedObject['kind'], key: string): void;
  /** Told where Secrets and ServiceAccounts change. */
  readonly sources: Pick<AccessChanges, 'sourceChanged' | 'anySourceChanged'>;
  /** Every repository that was there when it became ours has been compared with the ledger, and scanned where it differed. */
  hasCaughtUp(): boolean;
  /** Stops what is still under way. */
  close(): Promise<void>;
};

/**
 * Begins to reconcile whatever is owned. A policy waits until its repository was looked at once since then: no
 * replica elects from a ledger that it has not compared with the cluster.
 */
export function startTerm({
  places,
  options,
  stores,
  ownStatuses,
  ownership,
  cluster,
}: TermStart): RunningTerm {
  const pending = new Set<string>();
  const runs = makeOwnedRuns(places.timing);
  const ownerOf = makeClaimKeys(stores.repositories);
  const lookAtPoliciesOf = (repositoryKey: string): void => {
    if (pending.has(repositoryKey)) return;
    for (const policy of stores.policies.referringTo(repositoryKey)) look(policy);
  };
  const registries = makeRegistryClients(places.openRegistry);
  const access = makeAccessChanges({ ...places, ...stores, options, wake: (key) => repositories.add(key) });
  const term: Term = {
    ...places,
    ...stores,
    options,
    cluster,
    registries,
    access,
    ownStatuses,
    mayWrite: (object) => ownership.holds(ownerOf(object)),
    fenceOf: (object) => ownership.fenceOf(ownerOf(object)),
    lists: makeKnownLists(places.ledger, places.clock),
    wakeRepository: (key) => repositories.add(key),
    wakePoliciesOf: lookAtPoliciesOf,
  };

  /** Only while it is ours, and no longer than that. */
  const owned =
    (store: ObjectStore<ReflectedObject>, reconcile: Reconcile): Reconcile =>
    async (key, signal) => {
      const object = store.get(key);
      if (object === undefined) return reconcile(key, signal);
      const owner = ownerOf(object);
      if (!ownership.mayBegin(owner)) return { kind: 'done' };
      return runs.run(owner, signal, (inner) => reconcile(key, inner));
    };
  const reconcileRepository = guarded(term, 'imagerepository', makeRepositoryReconciler(term));
  const reconcilePolicy = guarded(term, 'imagepolicy', makePolicyReconciler(term));
  /** What a run learned of an object that was removed or lost meanwhile is forgotten, too. */
  const ended =
    (store: ObjectStore<ReflectedObject>, kind: ReflectedObject['kind']) =>
    (key: string): void => {
      const object = store.get(key);
      if (object === undefined || !ownership.mayBegin(ownerOf(object))) forgetFacts(kind, key);
    };
  const repositories = makeQueue(term, 'imagerepository', {
    run: owned(stores.repositories, async (key, signal) => {
      const outcome = await reconcileRepository(key, signal);
      if (pending.delete(key)) lookAtPoliciesOf(key);
      return outcome;
    }),
    onEnd: ended(stores.repositories, 'ImageRepository'),
  });
  const policies = makeQueue(term, 'imagepolicy', {
    run: owned(stores.policies, async (key, signal) => {
      const policy = stores.policies.get(key);
      const repositoryKey = policy && repositoryKeyOf(policy);
      const mustWait =
        repositoryKey !== undefined && pending.has(repositoryKey) && policy?.meta.isBeingDeleted === false;
      return mustWait ? { kind: 'done' } : reconcilePolicy(key, signal);
    }),
    onEnd: ended(stores.policies, 'ImagePolicy'),
  });
  const queueOf = (kind: ReflectedObject['kind']): WorkQueue =>
    kind === 'ImageRepository' ? repositories : policies;

  function look(object: ReflectedObject): void {
    const owner = ownerOf(object);
    if (ownership.mayBegin(owner)) queueOf(object.kind).add(keyOf(object));
    else {
      if (!ownership.holds(owner)) forget(object);
      ownership.want(owner);
    }
  }

  function* objectsOf(keys: Keys): Iterable<ReflectedObject> {
    for (const repository of stores.repositories.values()) if (keys(ownerOf(repository))) yield repository;
    for (const policy of stores.policies.values()) if (keys(ownerOf(policy))) yield policy;
  }

  /** Nothing is kept of what others may change from now on. */
  function forget(object: ReflectedObject): void {
    remove(object.kind, keyOf(object));
  }

  function remove(kind: ReflectedObject['kind'], key: string): void {
    if (kind === 'ImageRepository') pending.delete(key);
    queueOf(kind).remove(key);
    forgetFacts(kind, key);
  }

  function forgetFacts(kind: ReflectedObject['kind'], key: string): void {
    if (kind === 'ImagePolicy') term.lists.forgetPolicy(key);
    else access.forget(key);
    ownStatuses.forget(kind, key);
    places.metrics.forget(kind, parseNamespacedName(key));
  }

  return {
    wanted: () => new Set([...objectsOf(() => true)].map(ownerOf)),
    gain(keys) {
      const gained = [...objectsOf(keys)];
      for (const object of gained) {
        if (object.kind === 'ImageRepository') pending.add(keyOf(object));
      }
      for (const object of gained) look(object);
    },
    lose(keys) {
      for (const object of objectsOf(keys)) forget(object);
      runs.stop(keys, 'another replica may own it');
    },
    async letGo(keys) {
      for (const object of objectsOf(keys)) forget(object);
      await runs.ended(keys, graceMs);
    },
    owns: term.mayWrite,
    look,
    lookAtPoliciesOf,
    sources: access,
    remove,
    hasCaughtUp: () => pending.size === 0,
    async close() {
      access.close();
      await Promise.all([repositories.drain(0), policies.drain(0)]);
      await registries.close();
    },
  };
}

type Reconcile = (key: string, signal: AbortSignal) => Promise<RunOutcome>;

type Work = { readonly run: Reconcile; readonly onEnd: (key: string) => void };

function makeQueue(term: Term, controller: string, { run, onEnd }: Work): WorkQueue {
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
      onEnd(finished.key);
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
    if (outcome.kind !== 'failed' || signal.aborted) return outcome;
    const object = controller === 'imagepolicy' ? term.policies.get(key) : term.repositories.get(key);
    if (object !== undefined && !term.mayWrite(object)) return outcome;
    const { error } = outcome;
    if (isLostRace(error)) {
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

function isLostRace(error: unknown): boolean {
  if (error instanceof LedgerError) return error.code === 'CLAIM_LOST';
  if (!(error instanceof ClusterError)) return false;
  return error.code === 'CLUSTER_CONFLICT' || error.code === 'CLUSTER_NOT_FOUND';
}

async function refresh(term: Term, controller: string, key: string, signal: AbortSignal): Promise<void> {
  const name = parseNamespacedName(key);
  if (controller === 'imagepolicy') {
    const object = await term.client.read(imagePolicies, name, signal);
    if (object === undefined) term.policies.remove(key);
    else term.policies.renew(parseImagePolicy(object));
  } else {
    const object = await term.client.read(imageRepositories, name, signal);
    if (object === undefined) term.repositories.remove(key);
    else term.repositories.renew(parseImageRepository(object));
    // What is put here comes as no news with the watch: a scan that another replica published would wake nobody.
    term.wakePoliciesOf(key);
  }
}
