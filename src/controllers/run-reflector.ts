import { imagePolicies, imageRepositories, type ReflectedObject } from '../api/api.ts';
import { type ImagePolicy, parseImagePolicy } from '../api/image-policy.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { namespaceKind } from '../cluster/cluster-id.ts';
import { follow } from '../cluster/follow.ts';
import type { KubernetesObject, NamespacedName, ResourceKind } from '../cluster/kubernetes-client.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';
import { followSources } from './follow-sources.ts';
import { keyOf, makeObjectStore, type ObjectStore } from './object-store.ts';
import { makeOtherWriters } from './other-writers.ts';
import { makeOwnStatuses } from './own-statuses.ts';
import { aborted, type Ownership } from './ownership.ts';
import type { ReflectorOptions, ReflectorPlaces } from './reflector.ts';
import { type RunningTerm, startTerm, type TermStart } from './run-term.ts';
import { hasNewScan, isWorthALook, repositoryKeyOf } from './worth-a-look.ts';

/** The controllers of a process. */
export interface Reflector {
  /** Follows the objects until the signal; resolves when nothing is under way any more. */
  follow(signal: AbortSignal): Promise<void>;
  /** Reconciles what this replica owns: until it owns nothing for good, or the signal. */
  own(ownership: Ownership, where: { readonly cluster: string; readonly signal: AbortSignal }): Promise<void>;
  /** What keeps this replica from being ready: undefined where nothing does. */
  notReady(): string | undefined;
}

export function makeReflector(places: ReflectorPlaces, options: ReflectorOptions): Reflector {
  const repositories = makeObjectStore<ImageRepository>();
  const policies = makeObjectStore<ImagePolicy>(repositoryKeyOf);
  const synced = { repositories: Promise.withResolvers<void>(), policies: Promise.withResolvers<void>() };
  let isSynced = false;
  const allSynced = Promise.all([synced.repositories.promise, synced.policies.promise]).then(() => {
    isSynced = true;
  });
  let ownership: Ownership | undefined;
  let term: RunningTerm | undefined;
  const stores: TermStart['stores'] = { repositories, policies };
  const ownStatuses = makeOwnStatuses(places);
  const isOurs = (object: ReflectedObject): boolean => term?.owns(object) === true;

  function followRepositories(signal: AbortSignal): Promise<void> {
    return followKind(places, options, imageRepositories, {
      signal,
      parse: parseImageRepository,
      store: repositories,
      onSynced: () => synced.repositories.resolve(),
      onChange(before, now, told) {
        ownStatuses.look(told, now, () => isOurs(now));
        if (isWorthALook(before, now)) term?.look(now);
        if (before === undefined || hasNewScan(before, now)) term?.lookAtPoliciesOf(keyOf(now));
      },
      onRemoved(key, name) {
        term?.remove('ImageRepository', key);
        places.metrics.forget('ImageRepository', name);
        term?.lookAtPoliciesOf(key);
      },
    });
  }

  function followPolicies(signal: AbortSignal): Promise<void> {
    return followKind(places, options, imagePolicies, {
      signal,
      parse: parseImagePolicy,
      store: policies,
      onSynced: () => synced.policies.resolve(),
      onChange(before, now, told) {
        ownStatuses.look(told, now, () => isOurs(now));
        if (isWorthALook(before, now)) term?.look(now);
      },
      onRemoved(key, name) {
        term?.remove('ImagePolicy', key);
        places.metrics.forget('ImagePolicy', name);
      },
    });
  }

  /** Labels of a namespace decide which repositories its policies may use. */
  function followNamespaces(signal: AbortSignal): Promise<void> {
    const wake = (namespace: string): void => {
      for (const policy of policies.values()) {
        const isOther = repositoryKeyOf(policy)?.startsWith(`${policy.meta.namespace}/`) === false;
        if (isOther && policy.meta.namespace === namespace) term?.look(policy);
      }
    };
    return follow(places.client, namespaceKind, {
      timing: places.timing,
      log: places.log,
      signal,
      onChange: ({ metadata }) => wake(String(metadata['name'])),
      onRemoved: ({ name }) => wake(name),
    });
  }

  return {
    async follow(signal) {
      const isCrossing = !options.noCrossNamespaceRefs && options.namespace === undefined;
      await Promise.all([
        followRepositories(signal),
        followPolicies(signal),
        ...(isCrossing ? [followNamespaces(signal)] : []),
        followSources(places, options, {
          signal,
          onChange: (source) => term?.sources.sourceChanged(source),
          onHearing: () => term?.sources.anySourceChanged(),
        }),
      ]);
    },
    async own(owned, { cluster, signal }) {
      ownership = owned;
      await Promise.race([allSynced, aborted(signal)]);
      if (signal.aborted) return;
      const running = startTerm({ places, options, stores, ownStatuses, ownership: owned, cluster });
      term = running;
      await owned.share(running, signal);
      term = undefined;
      await running.close();
      places.metrics.forgetAll();
      ownStatuses.forgetAll();
    },
    notReady() {
      if (!isSynced) return 'the objects are not read yet';
      if (term?.hasCaughtUp() === false) return 'the ledger is being compared with the cluster';
      return ownership?.notReady();
    },
  };
}

type Following<Kind extends ImageRepository | ImagePolicy> = {
  readonly signal: AbortSignal;
  readonly parse: (object: KubernetesObject) => Kind;
  readonly store: ObjectStore<Kind>;
  readonly onSynced: () => void;
  readonly onChange: (before: Kind | undefined, now: Kind, told: KubernetesObject) => void;
  readonly onRemoved: (key: string, name: NamespacedName) => void;
};

function followKind<Kind extends ImageRepository | ImagePolicy>(
  places: ReflectorPlaces,
  { namespace, labelSelector, observe }: ReflectorOptions,
  kind: ResourceKind,
  following: Following<Kind>,
): Promise<void> {
  const { client, timing, log } = places;
  const otherWriters = makeOtherWriters(places);
  const { signal, store, parse, onSynced } = following;
  return follow(client, kind, {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    signal,
    onSynced,
    timing,
    log,
    onChange(object) {
      try {
        const now = parse(object);
        const before = store.put(now);
        if (!observe) otherWriters.look(kind, object, before === undefined);
        following.onChange(before, now, object);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        const { name, namespace: where } = object.metadata;
        log.write('error', `an object that cannot be read is passed over: ${error.message}`, {
          controller: kind.kind.toLowerCase(),
          name: String(name),
          namespace: String(where),
        });
      }
    },
    onRemoved(name) {
      const key = formatNamespacedName(name);
      store.remove(key);
      following.onRemoved(key, name);
    },
  });
}
