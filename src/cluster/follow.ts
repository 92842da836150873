import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { backOffMs, type Timing, wait } from '../timing.ts';
import { ClusterError } from './errors.ts';
import { textAt } from './foreign-value.ts';
import type {
  KubernetesClient,
  KubernetesObject,
  ListRequest,
  NamespacedName,
  ResourceKind,
} from './kubernetes-client.ts';
import { formatNamespacedName, namespacedNameOf, parseNamespacedName } from './namespaced-name.ts';

export type FollowOptions = Omit<ListRequest, 'signal'> & {
  /** Ends it; `follow` then resolves. */
  readonly signal: AbortSignal;
  /** An object is there, or is another than before. The caller keeps of it what it needs; nobody else does. */
  readonly onChange: (object: KubernetesObject) => void;
  /** An object is gone, or no longer fits the selectors: told once, also where it went while nobody watched. */
  readonly onRemoved: (name: NamespacedName) => void;
  /** Everything that was there at the start has been told: once. */
  readonly onSynced?: () => void;
  /** Not heard of the cluster since; `failures` in a row, 0 where it is heard again. */
  readonly onFailures?: (failures: number, error: unknown) => void;
  readonly timing: Timing;
  readonly log: Log;
};

/** Between tries at an API server that is away. Source: client-go's reflector, 800 ms to 30 s. */
const backOff = { minMs: 800, maxMs: 30_000 };

/** A watch that ends earlier than this without a word counts as failed, lest we ask in a tight circle. */
const watchMsMin = 1000;

/**
 * Tells every object of a kind and every change of one, for good: lists in pages, watches from there, goes on
 * where a watch ends, lists again where the server has forgotten or refuses that place, and waits longer each time
 * it fails. Missing rights and a kind that is not installed are waited out too: they may come.
 * @throws only what a callback throws
 */
export async function follow(
  client: KubernetesClient,
  kind: ResourceKind,
  options: FollowOptions,
): Promise<void> {
  const { signal, timing, log } = options;
  const follower = makeFollower(client, kind, options);
  for (let failures = 0; !signal.aborted; ) {
    try {
      await follower.goOn(() => {
        if (failures > 0) options.onFailures?.(0, undefined);
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      failures += 1;
      options.onFailures?.(failures, error);
      const waitMs = Math.round(backOffMs(failures, backOff, timing.random()));
      // One that ends is asked for again without a word; one that never began is what people wait for.
      const level = failures > 1 || !follower.isSynced() ? 'warn' : 'debug';
      const hint = hintOn(error);
      log.write(level, `cannot follow ${kind.plural}: ${describeError(error)}`, { failures, waitMs, hint });
      await wait(timing, waitMs, signal).catch(() => undefined);
    }
  }
}

/** What is followed are objects of all namespaces mostly, and by a controller: nobody is there to name one. */
function hintOn({ code, hint }: ClusterError): string | undefined {
  if (code !== 'CLUSTER_FORBIDDEN') return hint;
  return 'give its service account the rights in deploy/base; --watch-all-namespaces=false with --cluster-name needs a Role in one namespace only';
}

/** What was told of an object: some bytes, whatever its size. */
type Told = { readonly uid: string | undefined; readonly resourceVersion: string | undefined };

function makeFollower(
  client: KubernetesClient,
  kind: ResourceKind,
  options: FollowOptions,
): { goOn(heard: () => void): Promise<void>; isSynced(): boolean } {
  const { signal, timing, namespace, labelSelector, fieldSelector, metadataOnly } = options;
  const request = { namespace, labelSelector, fieldSelector, metadataOnly, signal };
  const told = new Map<string, Told>();
  let place: string | undefined;
  let isSynced = false;

  function tellChange(object: KubernetesObject): string {
    const name = namespacedNameOf(object);
    const key = formatNamespacedName(name);
    const now = { uid: textAt(object.metadata, 'uid'), resourceVersion: versionOf(object) };
    const before = told.get(key);
    if (before?.resourceVersion === now.resourceVersion && before !== undefined) return key;
    told.set(key, now);
    // Another object of the same name: the old one went while nobody watched.
    if (before !== undefined && before.uid !== now.uid) options.onRemoved(name);
    options.onChange(object);
    return key;
  }

  function tellRemoved(key: string): void {
    if (told.delete(key)) options.onRemoved(parseNamespacedName(key));
  }

  async function list(): Promise<string> {
    const listed = new Set<string>();
    const { resourceVersion } = await client.list(kind, request, (object) => {
      listed.add(tellChange(object));
    });
    for (const key of told.keys()) if (!listed.has(key)) tellRemoved(key);
    if (!isSynced) options.onSynced?.();
    isSynced = true;
    return resourceVersion;
  }

  async function watch(from: string, heard: () => void): Promise<void> {
    const startedAt = timing.elapsedMs();
    let events = 0;
    for await (const event of client.watch(kind, { ...request, resourceVersion: from })) {
      if (signal.aborted) return;
      heard();
      events += 1;
      if (event.type === 'bookmark') place = event.resourceVersion;
      else {
        if (event.type === 'deleted') tellRemoved(formatNamespacedName(namespacedNameOf(event.object)));
        else tellChange(event.object);
        place = versionOf(event.object) ?? place;
      }
    }
    if (events === 0 && timing.elapsedMs() - startedAt < watchMsMin) {
      throw new ClusterError('CLUSTER_UNREACHABLE', 'the watch ended at once, without a word', {
        retryable: true,
      });
    }
  }

  return {
    isSynced: () => isSynced,
    async goOn(heard) {
      if (place === undefined) {
        place = await list();
        heard();
        return;
      }
      try {
        await watch(place, heard);
        heard();
      } catch (error) {
        if (error instanceof ClusterError && isRefusal(error)) place = undefined;
        throw error;
      }
    },
  };
}

/** Not from there, and not later either: client-go, too, lists again whatever the reason. */
function isRefusal({ code }: ClusterError): boolean {
  return code === 'CLUSTER_GONE' || code === 'CLUSTER_ANSWER_INVALID';
}

function versionOf(object: KubernetesObject): string | undefined {
  return textAt(object.metadata, 'resourceVersion');
}
