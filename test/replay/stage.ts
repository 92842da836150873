/** What the incident is played on: an API server, a registry, one policy, and two replicas with stores of their own. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { policy, repository } from '../flux/objects.ts';
import { type ReflectorProgram, type RunningReflector, startReflector } from '../flux/reflector-program.ts';
import { type ApiServer, type ApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { oomKill } from './oom-kill.ts';
import { stepsBack, watchSelections } from './watch-selections.ts';

export type Stage = {
  readonly server: ApiServer;
  readonly registry: RegistryServer;
  /** Of the repository in the registry. */
  readonly path: string;
  readonly leader: ReplicaName;
  storagePath(replica: ReplicaName): string;
  /** A newer version in the registry; the answer is its tag. */
  publish(): string;
  /** Asks for a scan now. */
  requestScan(): Promise<void>;
  /** Until the policy has selected this tag. @throws Error when it never does */
  untilSelected(tag: string): Promise<void>;
  /** The leader dies for want of memory; the other one leads, and the dead one comes back with its store. */
  takeOver(between?: (next: ReplicaName) => Promise<void> | void): Promise<void>;
  /** Steps back since it was asked last. */
  stepsBack(): readonly string[];
  stop(): Promise<void>;
};

export type ReplicaName = 'a' | 'b';

const namespace = 'replay';
const waitMaxMs = 60_000;
const lookEveryMs = 50;

/** Short, so that many rounds fit into a run. */
const leaseFlags = [
  '--enable-leader-election',
  '--leader-election-lease-duration=2s',
  '--leader-election-renew-deadline=1500ms',
  '--leader-election-retry-period=300ms',
];

export async function startStage(
  program: ReflectorProgram,
  tools: ApiServerTools,
  crds: { readonly flag: string; readonly ledger?: string },
): Promise<Stage> {
  const server = await startApiServer(tools);
  const registry = await startRegistryServer();
  const path = 'team/app';
  // Flux's finds the namespace of its lease only inside a pod: there the second starts when the first is dead.
  const hasLease = program.name === 'holdfast';
  const replicas = new Map<ReplicaName, RunningReflector>();
  const storagePath = (name: ReplicaName) => join(server.folder, `store-${name}`);
  const start = async (name: ReplicaName) => {
    replicas.set(
      name,
      await startReflector(program, {
        kubeconfig: server.kubeconfig(),
        storagePath: storagePath(name),
        flags: [
          ...(hasLease ? leaseFlags : []),
          ...(crds.ledger === undefined ? [] : [`--ledger=${crds.ledger}`]),
        ],
      }),
    );
  };
  await server.kubectl(['apply', crds.flag]);
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  for (const name of ['flux-system', namespace]) await server.kubectl(['create', 'namespace', name]);
  let version = 0;
  let requests = 0;
  let leader: ReplicaName = 'a';
  let told = 0;
  const publish = () => {
    version += 1;
    const tag = `1.0.${version}`;
    registry.pushImage({ repository: path, tag });
    return tag;
  };
  const holder = () => leaseHolder(server);
  publish();
  const image = `${registry.host}/${path}`;
  const objects = [repository('app', { image }), policy('app', { policy: { semver: { range: '1.x' } } })];
  await server.kubectl(['apply', `--namespace=${namespace}`, '--filename=-'], {
    stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  });
  const watched = watchSelections(server, namespace, 'app');
  await start('a');
  if (hasLease) {
    await until('a replica leads', async () => (await holder()) !== '');
    await start('b');
  }
  return {
    server,
    registry,
    path,
    get leader() {
      return leader;
    },
    storagePath,
    publish,
    async requestScan() {
      requests += 1;
      const words = ['imagerepository/app', '--overwrite', `reconcile.fluxcd.io/requestedAt=${requests}`];
      await server.kubectl(['annotate', `--namespace=${namespace}`, ...words]);
    },
    untilSelected: (tag) => until(`${tag} is selected`, async () => watched.tags.at(-1) === tag),
    async takeOver(between) {
      const next = leader === 'a' ? 'b' : 'a';
      const before = hasLease ? await holder() : '';
      const dying = replicas.get(leader);
      if (dying !== undefined) await oomKill(dying.pid);
      await dying?.stop('SIGKILL');
      // What happens to the store of the next one happens while it does not run.
      if (between !== undefined) await replicas.get(next)?.stop('SIGKILL');
      await between?.(next);
      if (!hasLease || between !== undefined) await start(next);
      if (hasLease) {
        await until('the other leads', async () => {
          const now = await holder();
          return now !== '' && now !== before;
        });
        await start(leader);
      }
      leader = next;
    },
    stepsBack() {
      const steps = stepsBack(watched.tags.slice(Math.max(0, told - 1)));
      told = watched.tags.length;
      return steps;
    },
    async stop() {
      await watched.stop();
      for (const replica of replicas.values()) await replica.stop('SIGKILL');
      await registry.close();
      await server.stop();
    },
  };
}

async function leaseHolder(server: ApiServer): Promise<string> {
  const words = [
    'get',
    'lease',
    '--namespace=flux-system',
    '--output=jsonpath={.items[*].spec.holderIdentity}',
  ];
  return (await server.tryKubectl(words)).stdout.trim();
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitMaxMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not in ${waitMaxMs / 1000} s: ${what}`);
    await pause(lookEveryMs);
  }
}
