/**
 * What the incident is played on: a namespace with ImageRepositories and a policy for each, a registry, and two
 * replicas with stores of their own that stand for one Lease.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { policy, repository } from '../flux/objects.ts';
import type { ReflectorProgram } from '../flux/reflector-program.ts';
import { admitReplicas, type Ground, replicaUsers } from './ground.ts';
import { oomKill } from './oom-kill.ts';
import { type Replica, type ReplicaName, startReplica } from './replica.ts';
import { type SelectionWatch, watchSelections } from './watch-selections.ts';

export type StageOptions = {
  readonly namespace: string;
  readonly program: ReflectorProgram;
  /** Where the objects are, if not beside the Lease: then the replicas watch every namespace. */
  readonly objectsIn?: string;
  /** Repositories, with one policy each. */
  readonly apps: number;
  /** There is no Lease: all replicas are active. */
  readonly isShared?: boolean;
  /** How long a thing is waited for; three minutes where left out. */
  readonly waitMaxMs?: number;
  /** Tags on a page of the registry. */
  readonly pageMax?: number;
  readonly policySpec?: Readonly<Record<string, unknown>>;
  readonly policyAnnotations?: Readonly<Record<string, string>>;
  /** Each replica's; they win over the stage's own. */
  readonly replicas?: Readonly<Partial<Record<ReplicaName, ReplicaOptions>>>;
};

export type ReplicaOptions = {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly kubeconfig?: (path: string) => string;
};

export type Stage = {
  readonly ground: Ground;
  readonly namespace: string;
  readonly program: ReflectorProgram;
  readonly registry: RegistryServer;
  readonly watch: SelectionWatch;
  readonly apps: readonly string[];
  /** Of an app's repository in the registry. */
  path(app: string): string;
  storagePath(name: ReplicaName): string;
  /** @throws Error where it does not run */
  replica(name: ReplicaName): Replica;
  /** Who holds the Lease now. @throws Error where none of the two does for long */
  leader(): Promise<ReplicaName>;
  untilLeads(name: ReplicaName): Promise<void>;
  /** Where the other one leads, it gives up the Lease and is started again. */
  makeLead(name: ReplicaName): Promise<void>;
  start(name: ReplicaName): Promise<void>;
  /** Ends a replica at once, or asks it to. */
  stopReplica(name: ReplicaName, signal: NodeJS.Signals): Promise<void>;
  /** Dies for want of memory. */
  killForMemory(name: ReplicaName): Promise<void>;
  /** The leader is killed by its memory limit, and the other one leads; the dead one stays dead. */
  takeOver(): Promise<ReplicaName>;
  /** A newer version in the registry; the answer is its tag. */
  publish(app: string): string;
  newest(app: string): string;
  /** Makes an app's objects; they are there unless somebody took them away. */
  create(app: string): Promise<void>;
  /** Asks for a scan now; the answer is what the request is called. */
  requestScan(app: string): Promise<string>;
  selected(app: string): string | undefined;
  untilSelected(app: string, tag: string): Promise<void>;
  /** A newer version everywhere, selected everywhere: the controller works, and goes forward. */
  catchUp(): Promise<void>;
  /** Selections that went back, vanished or were never published, and versions that were missed, since it was asked last. */
  stepsBack(): readonly string[];
  /** No selection went back or vanished, none was ever anything but published, and no version was missed. */
  assertForward(): void;
  /** Status of an app's ImageRepository or ImagePolicy. */
  status(plural: 'imagerepositories' | 'imagepolicies', app: string): Promise<ObjectStatus>;
  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
};

export type ObjectStatus = {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  readonly latestRef?: { readonly tag: string };
  readonly lastHandledReconcileAt?: string;
};

export const other = (name: ReplicaName): ReplicaName => (name === 'a' ? 'b' : 'a');

const waitMaxMsDefault = 180_000;
const lookEveryMs = 50;

/** Short, so that many rounds fit into a run, and long enough for a machine that is busy. */
const leaseFlags = [
  '--enable-leader-election',
  '--leader-election-lease-duration=4s',
  '--leader-election-renew-deadline=3500ms',
  '--leader-election-retry-period=200ms',
  '--min-retry-delay=100ms',
  '--max-retry-delay=1s',
];

/** So high that the order of tags as text is their order as versions: a list cut short lacks the newest. */
const firstVersion = 1001;
const firstVersions = 4;

export async function startStage(ground: Ground, options: StageOptions): Promise<Stage> {
  const { namespace, program, pageMax, objectsIn = namespace, waitMaxMs = waitMaxMsDefault } = options;
  const registry = await startRegistryServer(pageMax === undefined ? {} : { pageMax });
  const apps = Array.from({ length: options.apps }, (_, index) => `app-${index}`);
  const path = (app: string) => `team/${app}`;
  const storagePath = (name: ReplicaName) => join(ground.server.folder, `${namespace}-${name}`);
  const api = (plural: string, name: string) =>
    `/apis/image.toolkit.fluxcd.io/v1/namespaces/${objectsIn}/${plural}/${name}`;
  const replicas = new Map<ReplicaName, Replica>();
  const identities = new Map<string, ReplicaName>();
  const published = new Set<string>();
  const versions = new Map<string, number>();
  let requests = 0;

  const newest = (app: string) => `1.0.${versions.get(app) ?? 0}`;
  const publish = (app: string) => {
    versions.set(app, (versions.get(app) ?? firstVersion - 1) + 1);
    const tag = newest(app);
    registry.pushImage({ repository: path(app), tag });
    published.add(tag);
    return tag;
  };

  await admitReplicas(ground, namespace);
  const watch = await watchSelections(ground.server.etcdUrl, objectsIn);
  for (const app of apps) for (let count = 0; count < firstVersions; count += 1) publish(app);
  const create = async (app: string) => {
    const image = `${registry.host}/${path(app)}`;
    const spec = { policy: { semver: { range: '1.x' } }, ...options.policySpec };
    const metadata =
      options.policyAnnotations === undefined ? {} : { annotations: options.policyAnnotations };
    await ground.ask('POST', api('imagerepositories', ''), repository(app, { image }));
    await ground.ask('POST', api('imagepolicies', ''), policy(app, spec, metadata));
  };
  if (objectsIn !== namespace) await ground.server.kubectl(['create', 'namespace', objectsIn]);
  for (const app of apps) await create(app);

  const holder = async (): Promise<ReplicaName | undefined> => {
    for (const [name, replica] of replicas) {
      const identity = replica.identity();
      if (identity !== undefined) identities.set(identity, name);
    }
    const leases = await ground.ask<Leases>(
      'GET',
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
    );
    return identities.get(leases.items[0]?.spec.holderIdentity ?? '');
  };

  const stage: Stage = {
    ground,
    namespace,
    program,
    registry,
    watch,
    apps,
    path,
    storagePath,
    replica(name) {
      const replica = replicas.get(name);
      assert(replica !== undefined, `replica ${name} runs`);
      return replica;
    },
    async leader() {
      let leader: ReplicaName | undefined;
      await stage.until('a replica leads', async () => {
        leader = await holder();
        return leader !== undefined && replicas.has(leader);
      });
      return leader ?? 'a';
    },
    untilLeads: (name) => stage.until(`replica ${name} leads`, async () => (await holder()) === name),
    async makeLead(name) {
      if ((await stage.leader()) === name) return;
      await stage.stopReplica(other(name), 'SIGTERM');
      await stage.untilLeads(name);
      await stage.start(other(name));
    },
    async start(name) {
      const { flags = [], env, kubeconfig = (file: string) => file } = options.replicas?.[name] ?? {};
      replicas.set(
        name,
        await startReplica({
          program,
          kubeconfig: kubeconfig(ground.server.kubeconfig(replicaUsers[name])),
          storagePath: storagePath(name),
          namespace,
          flags: [
            `--watch-all-namespaces=${objectsIn !== namespace}`,
            ...(program.name === 'holdfast' ? leaseFlags : []),
            ...flags,
          ],
          ...(env === undefined ? {} : { env }),
        }),
      );
    },
    async stopReplica(name, signal) {
      await stage.replica(name).stop(signal);
      replicas.delete(name);
    },
    async killForMemory(name) {
      await oomKill(stage.replica(name).pid);
      await stage.stopReplica(name, 'SIGKILL');
    },
    async takeOver() {
      const leader = await stage.leader();
      await stage.killForMemory(leader);
      await stage.untilLeads(other(leader));
      return other(leader);
    },
    publish,
    newest,
    create,
    async requestScan(app) {
      requests += 1;
      const request = String(requests);
      const annotations = { 'reconcile.fluxcd.io/requestedAt': request };
      await ground.ask('PATCH', api('imagerepositories', app), { metadata: { annotations } });
      return request;
    },
    selected: (app) => watch.tagsOf(app).at(-1),
    untilSelected: (app, tag) => stage.until(`${app} selects ${tag}`, () => stage.selected(app) === tag),
    async catchUp() {
      const tags = apps.map((app) => [app, publish(app)] as const);
      for (const [app] of tags) await stage.requestScan(app);
      for (const [app, tag] of tags) await stage.untilSelected(app, tag);
    },
    stepsBack: () => [...watch.stepsBack(), ...watch.strangers(published)],
    assertForward: () => assert.deepEqual(stage.stepsBack(), []),
    async status(plural, app) {
      return (await ground.ask<{ readonly status?: ObjectStatus }>('GET', api(plural, app))).status ?? {};
    },
    async until(what, isSo) {
      const deadline = performance.now() + waitMaxMs;
      while (!(await isSo())) {
        const isOver = performance.now() > deadline;
        const problem = isOver ? `not in ${waitMaxMs / 1000} s` : diedBy(replicas);
        if (problem !== undefined) throw new Error(`${problem}: ${what}\n${lastWords(replicas)}`);
        await pause(lookEveryMs);
      }
    },
    async stop() {
      for (const replica of replicas.values()) await replica.stop('SIGKILL');
      await watch.stop();
      await registry.close();
    },
  };
  return stage;
}

type Leases = { readonly items: readonly { readonly spec: { readonly holderIdentity?: string } }[] };

/** Nobody ends a replica while it is waited for. */
function diedBy(replicas: ReadonlyMap<ReplicaName, Replica>): string | undefined {
  const dead = [...replicas].filter(([, replica]) => !replica.isRunning()).map(([name]) => name);
  return dead.length === 0 ? undefined : `replica ${dead.join(' and ')} ended by itself`;
}

/** Characters of each replica's output that a failure shows. */
const shownMax = 3000;

function lastWords(replicas: ReadonlyMap<ReplicaName, Replica>): string {
  return [...replicas]
    .map(([name, replica]) => `replica ${name}:\n${replica.output().slice(-shownMax)}`)
    .join('\n');
}
