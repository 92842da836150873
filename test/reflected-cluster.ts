/** A cluster, a registry and replicas of the controllers beside them, in this process, for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../src/clock.ts';
import { openKubernetesClient } from '../src/cluster/api-client.ts';
import type { ObjectEvent } from '../src/cluster/event-recorder.ts';
import type { ForeignObject } from '../src/cluster/foreign-value.ts';
import { openClusterAccess } from '../src/cluster/kubeconfig.ts';
import type { KubernetesClient, KubernetesObject } from '../src/cluster/kubernetes-client.ts';
import { ownWhileLeading } from '../src/controllers/ownership.ts';
import type { ReflectorOptions } from '../src/controllers/reflector.ts';
import { makeReflector } from '../src/controllers/run-reflector.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import type { Log } from '../src/log.ts';
import { openMetrics } from '../src/metrics/prometheus-metrics.ts';
import { makeCloudCredentials } from '../src/registry/identity/cloud-credentials.ts';
import { openRegistryFor } from '../src/registry/open-registry-for.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { systemTiming } from '../src/timing.ts';
import { type ClusterUser, openFakeReflectedApi, type ReflectedApi } from './reflected-api.ts';

/** Before a state that is waited for is given up. */
const patienceMs = 20_000;

export type Replica = {
  readonly events: ObjectEvent[];
  readonly lines: string[];
  /** Whether what it may write is taken from it without a word. */
  lose(): void;
  /** From now on there is no memory for scans, or there is. */
  setMemoryShort(isShort: boolean): void;
  /** From now on there is memory for so many scans at once. */
  setScansMax(scans: number): void;
  /** What `/metrics` serves. */
  exposeMetrics(): Promise<string>;
  notReady(): string | undefined;
  stop(): Promise<void>;
};

export type ReflectedCluster = {
  /** Of one who may do everything: to look with, not to do with what a person does. */
  readonly watcher: KubernetesClient;
  readonly user: ClusterUser;
  readonly registry: RegistryServer;
  readonly folder: string;
  /** Starts a replica that leads at once, on its own ledger by name. */
  replica(
    ledger: string,
    options?: Partial<ReflectorOptions>,
    machine?: { readonly isMemoryShort?: boolean; readonly env?: Readonly<Record<string, string>> },
  ): Promise<Replica>;
  push(...tags: readonly string[]): void;
  create(kind: 'ImageRepository' | 'ImagePolicy', name: string, spec: ForeignObject): Promise<void>;
  patch(kind: 'ImageRepository' | 'ImagePolicy', name: string, patch: ForeignObject): Promise<void>;
  /** Waits until the object is so, and answers it. @throws Error with the object where it never is */
  until(
    kind: 'ImageRepository' | 'ImagePolicy',
    name: string,
    is: (status: Status, object: KubernetesObject) => boolean,
  ): Promise<Status>;
  untilGone(kind: 'ImageRepository' | 'ImagePolicy', name: string): Promise<void>;
  close(): Promise<void>;
};

export type Status = {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly observedGeneration?: number;
  readonly latestRef?: { readonly name: string; readonly tag: string; readonly digest?: string };
  readonly observedPreviousRef?: { readonly name: string; readonly tag: string; readonly digest?: string };
  readonly canonicalImageName?: string;
  readonly lastScanResult?: {
    readonly revision: string;
    readonly tagCount: number;
    readonly scanTime: string;
    readonly latestTags: readonly string[];
  };
  readonly observedExclusionList?: readonly string[];
  readonly lastHandledReconcileAt?: string;
};

export function conditionOf({ conditions = [] }: Status, wanted: string) {
  return conditions.find(({ type }) => type === wanted);
}

export function readyOf(status: Status) {
  return conditionOf(status, 'Ready');
}

export function isReady(status: Status): boolean {
  return readyOf(status)?.status === 'True';
}

export const image = 'team/app';
const namespace = 'default';

export async function startReflectedCluster(
  openApi: () => Promise<ReflectedApi> = openFakeReflectedApi,
): Promise<ReflectedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-reflector-'));
  const registry = await startRegistryServer();
  const api = await openApi();
  const { user, kubeconfigs } = api;
  const open = async (kubeconfig: string): Promise<KubernetesClient> =>
    openKubernetesClient(await openClusterAccess({ kubeconfig, env: {}, cwd: folder }));
  const replicas: Replica[] = [];

  return {
    watcher: await open(kubeconfigs.admin),
    user,
    registry,
    folder,
    async replica(name, options = {}, { isMemoryShort = false, env = {} } = {}) {
      const client = await open(kubeconfigs.controller);
      const replica = await startReplica({ client, folder, name, options, isMemoryShort, env });
      replicas.push(replica);
      return replica;
    },
    push(...tags) {
      for (const tag of tags) registry.pushImage({ repository: image, tag, labels: { tag } });
    },
    async create(kind, name, spec) {
      await user.create({
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind,
        metadata: { name, namespace },
        spec,
      });
    },
    patch: (kind, name, patch) => user.patch(kind, { namespace, name }, patch),
    async until(kind, name, is) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const object = await user.read(kind, { namespace, name });
        const status = (object?.['status'] ?? {}) as Status;
        if (object !== undefined && is(status, object)) return status;
        if (performance.now() > deadline)
          throw new Error(
            `it never came to be: ${JSON.stringify(object, undefined, 1)}\n${replicas.flatMap(({ lines }) => lines).join('\n')}`,
          );
        await pause(20);
      }
    },
    async untilGone(kind, name) {
      const deadline = performance.now() + patienceMs;
      while ((await user.read(kind, { namespace, name })) !== undefined) {
        if (performance.now() > deadline) throw new Error(`${kind} ${name} is still there`);
        await pause(20);
      }
    },
    async close() {
      for (const replica of replicas) await replica.stop();
      await api.close();
      await registry.close();
      await rm(folder, { recursive: true });
    },
  };
}

type ReplicaStart = {
  readonly client: KubernetesClient;
  readonly folder: string;
  readonly name: string;
  readonly options: Partial<ReflectorOptions>;
  readonly isMemoryShort: boolean;
  readonly env: Readonly<Record<string, string>>;
};

async function startReplica(start: ReplicaStart): Promise<Replica> {
  const { client, folder, name, options, isMemoryShort, env } = start;
  const events: ObjectEvent[] = [];
  const lines: string[] = [];
  const log: Log = {
    write: (level, message, fields) => lines.push(JSON.stringify({ level, message, ...fields })),
  };
  const ledger = await openLedger(join(folder, `${name}.db`), { env: {}, cwd: folder });
  const stopping = new AbortController();
  const scansMaxOf = (isShort: boolean): number => (isShort ? 0 : Number.POSITIVE_INFINITY);
  const state = { isLeader: true, isStopped: false, scansMax: scansMaxOf(isMemoryShort) };
  const metrics = await openMetrics(systemClock);
  const reflector = makeReflector(
    {
      client,
      ledger,
      openRegistry: (access) => openRegistryFor(access, { env, clock: systemClock, random: Math.random }),
      clouds: makeCloudCredentials({ env, clock: systemClock, random: () => 0 }),
      events: { record: (event) => events.push(event), close: async () => undefined },
      metrics,
      admitScan: (running) =>
        running < state.scansMax ? { kind: 'admitted' } : { kind: 'put-off', because: 'memory is short' },
      clock: systemClock,
      timing: systemTiming,
      log,
    },
    {
      namespace: undefined,
      labelSelector: undefined,
      noCrossNamespaceRefs: false,
      concurrency: 4,
      requeueDependencyMs: 300,
      retry: { minMs: 50, maxMs: 500 },
      defaultServiceAccount: undefined,
      hasObjectIdentity: false,
      observe: false,
      selectedDigestMs: 1,
      ...options,
    },
  );
  const following = reflector.follow(stopping.signal);
  const leadership = { signal: new AbortController().signal, isLeader: () => state.isLeader };
  const leading = reflector.own(ownWhileLeading(leadership), { cluster: 'test', signal: stopping.signal });
  return {
    events,
    lines,
    lose() {
      state.isLeader = false;
    },
    setMemoryShort(isShort) {
      state.scansMax = scansMaxOf(isShort);
    },
    setScansMax(scans) {
      state.scansMax = scans;
    },
    exposeMetrics: async () => (await metrics.expose(undefined)).body,
    notReady: () => reflector.notReady(),
    async stop() {
      if (state.isStopped) return;
      state.isStopped = true;
      stopping.abort(new Error('stopped'));
      await Promise.all([following, leading]);
      await ledger.close();
    },
  };
}
