/** A cluster, a registry and replicas of the controllers beside them, all in this process, for one test. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { imagePolicies, imageRepositories } from '../src/api/api.ts';
import { systemClock } from '../src/clock.ts';
import { openKubernetesClient } from '../src/cluster/api-client.ts';
import type { ObjectEvent } from '../src/cluster/event-recorder.ts';
import type { ForeignObject } from '../src/cluster/foreign-value.ts';
import { openClusterAccess } from '../src/cluster/kubeconfig.ts';
import type { KubernetesClient, KubernetesObject, ResourceKind } from '../src/cluster/kubernetes-client.ts';
import { ownWhileLeading } from '../src/controllers/ownership.ts';
import type { ReflectorOptions } from '../src/controllers/reflector.ts';
import { makeReflector } from '../src/controllers/run-reflector.ts';
import { openLedger } from '../src/ledger/open-ledger.ts';
import type { Log } from '../src/log.ts';
import { openMetrics } from '../src/metrics/prometheus-metrics.ts';
import { openRegistryFor } from '../src/registry/open-registry-for.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { systemTiming } from '../src/timing.ts';
import { type FakeApiServer, kubeconfigFor, startFakeApiServer } from './cluster/fake-api-server.ts';
import type { AccessRule } from './kubernetes/service-account.ts';

/** Before a state that is waited for is given up. */
const patienceMs = 20_000;

export type Replica = {
  readonly events: ObjectEvent[];
  readonly lines: string[];
  /** Whether what it may write is taken from it without a word. */
  lose(): void;
  /** From now on there is no memory for scans, or there is. */
  setMemoryShort(isShort: boolean): void;
  /** What `/metrics` serves. */
  exposeMetrics(): Promise<string>;
  notReady(): string | undefined;
  stop(): Promise<void>;
};

export type ReflectedCluster = {
  readonly client: KubernetesClient;
  readonly api: FakeApiServer;
  readonly registry: RegistryServer;
  readonly folder: string;
  /** Starts a replica that leads at once, on its own ledger by name. */
  replica(
    ledger: string,
    options?: Partial<ReflectorOptions>,
    machine?: { readonly isMemoryShort?: boolean },
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

export const image = 'team/app';
const namespace = 'default';

const kinds: Readonly<Record<string, ResourceKind>> = {
  ImageRepository: imageRepositories,
  ImagePolicy: imagePolicies,
};

export async function startReflectedCluster(
  objects: Readonly<Record<string, readonly object[]>> = {},
): Promise<ReflectedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-reflector-'));
  const registry = await startRegistryServer();
  const api = await startFakeApiServer({
    objects: {
      imagerepositories: [],
      imagepolicies: [],
      secrets: [],
      leases: [],
      events: [],
      serviceaccounts: [],
      namespaces: [
        { metadata: { name: 'default' } },
        { metadata: { name: 'flux-system' } },
        { metadata: { name: 'other', labels: { tenant: 'a' } } },
      ],
      ...objects,
    },
    token: 'secret-admin',
    // The controllers may do what deploy/base allows them, and nothing else.
    users: { 'secret-controller': { name: 'holdfast', rules: deployedRules() } },
  });
  await writeFile(join(folder, 'admin'), kubeconfigFor(api.url, 'secret-admin'));
  await writeFile(join(folder, 'controller'), kubeconfigFor(api.url, 'secret-controller'));
  const open = async (kubeconfig: string): Promise<KubernetesClient> =>
    openKubernetesClient(await openClusterAccess({ kubeconfig, env: {}, cwd: folder }));
  const client = await open('admin');
  const replicas: Replica[] = [];

  return {
    client,
    api,
    registry,
    folder,
    async replica(name, options = {}, { isMemoryShort = false } = {}) {
      const client = await open('controller');
      const replica = await startReplica({ client, folder, name, options, isMemoryShort });
      replicas.push(replica);
      return replica;
    },
    push(...tags) {
      for (const tag of tags) registry.pushImage({ repository: image, tag, labels: { tag } });
    },
    async create(kind, name, spec) {
      const object = { apiVersion: 'image.toolkit.fluxcd.io/v1', kind, metadata: { name, namespace }, spec };
      await client.create(kindOf(kind), namespace, object);
    },
    async patch(kind, name, patch) {
      const isStatus = Object.hasOwn(patch, 'status');
      await client.mergePatch(kindOf(kind), { namespace, name }, patch, {
        fieldManager: 'test',
        ...(isStatus ? { subresource: 'status' as const } : {}),
      });
    },
    async until(kind, name, is) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const object = await client.read(kindOf(kind), { namespace, name });
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
      while ((await client.read(kindOf(kind), { namespace, name })) !== undefined) {
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
};

async function startReplica(start: ReplicaStart): Promise<Replica> {
  const { client, folder, name, options, isMemoryShort } = start;
  const events: ObjectEvent[] = [];
  const lines: string[] = [];
  const log: Log = {
    write: (level, message, fields) => lines.push(JSON.stringify({ level, message, ...fields })),
  };
  const ledger = await openLedger(join(folder, `${name}.db`), { env: {}, cwd: folder });
  const stopping = new AbortController();
  const state = { isLeader: true, isStopped: false, isMemoryShort };
  const metrics = await openMetrics(systemClock);
  const reflector = makeReflector(
    {
      client,
      ledger,
      openRegistry: (access) => openRegistryFor(access, { env: {}, clock: systemClock, random: Math.random }),
      events: { record: (event) => events.push(event), close: async () => undefined },
      metrics,
      admitScan: () =>
        state.isMemoryShort ? { kind: 'put-off', because: 'memory is short' } : { kind: 'admitted' },
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
      state.isMemoryShort = isShort;
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

function deployedRules(): readonly AccessRule[] {
  return ['cluster-role', 'leader-role'].flatMap((name) => {
    const file = fileURLToPath(new URL(`../deploy/base/${name}.yaml`, import.meta.url));
    const documents = parseAllDocuments(readFileSync(file, 'utf8')).map(
      (one) => one.toJS() as { rules?: AccessRule[] },
    );
    return documents.flatMap(({ rules = [] }) => rules);
  });
}

function kindOf(kind: string): ResourceKind {
  return kinds[kind] ?? imagePolicies;
}
