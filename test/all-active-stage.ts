/** A real API server, PostgreSQL, a registry, many objects, and replicas that share the work on them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { imagePolicies } from '../src/api/api.ts';
import { openKubernetesClient } from '../src/cluster/api-client.ts';
import { follow } from '../src/cluster/follow.ts';
import { openClusterAccess } from '../src/cluster/kubeconfig.ts';
import { silentLog } from '../src/log.ts';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { systemTiming } from '../src/timing.ts';
import { type ApiServer, type ApiServerTools, startApiServer } from './kubernetes/api-server.ts';
import { addServiceAccount } from './kubernetes/service-account.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { readWrites, type Write } from './replay/audit-log.ts';
import { findFreePort, type ServerProcess, startServerProcess } from './server-process.ts';

export type SharingReplica = {
  readonly process: ServerProcess;
  /** Status of /readyz. */
  readiness(): Promise<number>;
  /** A metric without labels; undefined where it is not served. */
  metric(name: string): Promise<number | undefined>;
};

export type AllActiveStage = {
  readonly server: ApiServer;
  readonly registry: RegistryServer;
  readonly postgres: PostgresServer;
  /** Paths in the registry, each with an ImageRepository and an ImagePolicy of the same short name. */
  readonly names: readonly string[];
  /** Tags that a policy had selected, in their order. */
  selections(name: string): readonly string[];
  /** The most requests for one list that were open at once. */
  listsAtOnce(): number;
  /** Requests for lists since it was asked last, by path. */
  countLists(): ReadonlyMap<string, number>;
  /** What replicas with `isWatched` asked the API server to write. */
  watchedWrites(): readonly Write[];
  start(options: ReplicaOptions): Promise<SharingReplica>;
  /** Pushes `v1.N.0` everywhere, and asks for scans. */
  publish(minor: number): Promise<void>;
  /** Until every policy has selected `v1.N.0`. */
  untilSelected(minor: number): Promise<void>;
  /** Fails where any selection ever went back. */
  assertNoStepBack(): void;
  stop(): Promise<void>;
};

export type ReplicaOptions = {
  readonly ledger: string;
  /** Runs as an account of its own, with the same rights: what it writes is told by `watchedWrites`. */
  readonly isWatched?: boolean;
};

const program = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const deploy = (path: string): string => fileURLToPath(new URL(`../deploy/${path}`, import.meta.url));
const apiVersion = 'image.toolkit.fluxcd.io/v1';
const namespace = 'default';
const lookEveryMs = 5;

/** Short, so that what a dead replica held is followed soon; long enough for answers on a machine under load. */
const leaseSeconds = 8;

/** Before a state that is waited for is given up. */
const patienceMs = 120_000;

/** Long enough for two requests at once to be seen. */
const answerDelayMs = 50;

export async function startAllActiveStage(
  tools: ApiServerTools,
  { repositories }: { readonly repositories: number },
): Promise<AllActiveStage> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-all-active-'));
    closers.push(async () => rmSync(folder, { recursive: true }));
    const auditFile = join(folder, 'audit.log');
    const policyFile = join(folder, 'audit-policy.json');
    writeFileSync(policyFile, JSON.stringify(auditPolicy));
    const flags = [`--audit-policy-file=${policyFile}`, `--audit-log-path=${auditFile}`];
    const server = await startApiServer(tools, { flags });
    closers.push(() => server.stop());
    const registry = await startRegistryServer();
    closers.push(() => registry.close());
    const postgres = await startPostgres();
    closers.push(() => postgres.stop());
    const names = Array.from({ length: repositories }, (_, at) => `app-${at}`);
    return await openStage({ server, registry, postgres, names, auditFile }, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

type Servers = Pick<AllActiveStage, 'server' | 'registry' | 'postgres' | 'names'> & {
  readonly auditFile: string;
};

async function openStage(
  { server, registry, postgres, names, auditFile }: Servers,
  closers: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<AllActiveStage> {
  const accounts = await prepareCluster(server);
  const push = (minor: number) =>
    names.forEach((name) => registry.pushImage({ repository: name, tag: `v1.${minor}.0`, labels: {} }));
  push(0);
  registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: answerDelayMs } });
  await server.kubectl(['apply', '--filename=-'], { stdin: JSON.stringify(objectsOf(names, registry.host)) });
  const stopping = new AbortController();
  const selections = await watchSelections(server, stopping.signal);
  const lists = watchLists(registry, stopping.signal);
  closers.push(async () => stopping.abort(new Error('enough')));
  return {
    server,
    registry,
    postgres,
    names,
    selections,
    listsAtOnce: () => lists.most(),
    countLists: () => lists.count(),
    watchedWrites: () => readWrites(auditFile, namespace).filter(({ user }) => user === accounts.watched),
    async start(options) {
      const user = options.isWatched === true ? accounts.watched : accounts.holdfast;
      const replica = await startReplica(server.kubeconfig(user), options);
      closers.push(() => replica.process.stop('SIGKILL'));
      return replica;
    },
    async publish(minor) {
      push(minor);
      const words = ['imagerepositories', '--all', '--overwrite', `reconcile.fluxcd.io/requestedAt=${minor}`];
      await server.kubectl(['annotate', ...words]);
    },
    untilSelected: (minor) =>
      eventually(`v1.${minor}.0 is selected everywhere`, async () =>
        names.every((name) => selections(name).at(-1) === `v1.${minor}.0`),
      ),
    assertNoStepBack() {
      for (const name of names) {
        const minors = selections(name).map((tag) => Number(tag.split('.')[1]));
        const sorted = minors.toSorted((one, other) => one - other);
        assert.deepEqual(minors, sorted, `${name} went back`);
      }
    },
    stop,
  };
}

/** Everything but the Deployment is of use here. Two accounts with the same rights, to tell writes apart. */
async function prepareCluster(
  server: ApiServer,
): Promise<{ readonly holdfast: string; readonly watched: string }> {
  await server.kubectl(['create', 'namespace', 'flux-system']);
  for (const path of ['crds', 'postgres-all-active']) {
    await server.kubectl(['apply', '--kustomize', deploy(path)]);
  }
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  const binding = ['clusterrolebinding', 'watched', '--clusterrole=holdfast'];
  await server.kubectl(['create', ...binding, '--serviceaccount=flux-system:watched']);
  return {
    holdfast: await addServiceAccount(server, { namespace: 'flux-system', name: 'holdfast' }),
    watched: await addServiceAccount(server, { namespace: 'flux-system', name: 'watched' }),
  };
}

/** Tags that each policy had selected, told by a watch of every version. */
async function watchSelections(
  server: ApiServer,
  signal: AbortSignal,
): Promise<(name: string) => readonly string[]> {
  const selected = new Map<string, string[]>();
  const access = await openClusterAccess({ kubeconfig: server.kubeconfig(), env: {}, cwd: server.folder });
  void follow(openKubernetesClient(access), imagePolicies, {
    timing: systemTiming,
    log: silentLog,
    signal,
    onChange({ metadata, status }) {
      const { latestRef } = (status ?? {}) as { readonly latestRef?: { readonly tag: string } };
      const tags = selected.get(String(metadata['name'])) ?? [];
      if (latestRef !== undefined && latestRef.tag !== tags.at(-1)) tags.push(latestRef.tag);
      selected.set(String(metadata['name']), tags);
    },
    onRemoved: () => undefined,
  });
  return (name) => selected.get(name) ?? [];
}

/** Waits until it is so. @throws Error where it never is */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `it never came to be: ${what}`);
    await pause(100);
  }
}

async function startReplica(kubeconfig: string, { ledger }: ReplicaOptions): Promise<SharingReplica> {
  const health = `127.0.0.1:${await findFreePort()}`;
  const metrics = `127.0.0.1:${await findFreePort()}`;
  const words = [
    program,
    'controller',
    `--ledger=${ledger}`,
    '--replicas-active=all',
    `--metrics-addr=${metrics}`,
    `--health-addr=${health}`,
    `--leader-election-lease-duration=${leaseSeconds}s`,
    `--leader-election-renew-deadline=${leaseSeconds - 1}s`,
    '--leader-election-retry-period=200ms',
    '--max-retry-delay=2s',
  ];
  const readiness = async (): Promise<number> =>
    (await fetch(`http://${health}/readyz`).catch(() => undefined))?.status ?? 0;
  const tool = { name: 'node', path: process.execPath, missing: false as const };
  const env = { KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: 'flux-system' };
  const replica = await startServerProcess(tool, words, {
    env,
    isReady: async () => (await readiness()) === 200,
  });
  return {
    process: replica,
    readiness,
    async metric(name) {
      const answer = await fetch(`http://${metrics}/metrics`);
      const line = (await answer.text()).split('\n').find((one) => one.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.split(' ')[1]);
    },
  };
}

/** One policy for each repository, and as many again that name a repository which does not exist. */
function objectsOf(names: readonly string[], host: string): object {
  const items = names.flatMap((name) => [
    {
      apiVersion,
      kind: 'ImageRepository',
      metadata: { name, namespace },
      spec: { image: `${host}/${name}`, interval: '1h' },
    },
    {
      apiVersion,
      kind: 'ImagePolicy',
      metadata: { name, namespace },
      spec: { imageRepositoryRef: { name }, policy: { semver: { range: '>=1.0.0' } } },
    },
    {
      apiVersion,
      kind: 'ImagePolicy',
      metadata: { name: `lone-${name}`, namespace },
      spec: { imageRepositoryRef: { name: `missing-${name}` }, policy: { semver: { range: '>=1.0.0' } } },
    },
  ]);
  return { apiVersion: 'v1', kind: 'List', items };
}

/** Source: kube-apiserver's auditing, `audit.k8s.io/v1`. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['ResponseStarted'],
  rules: [
    { level: 'Request', verbs: ['patch'], resources: [{ group: 'image.toolkit.fluxcd.io' }] },
    { level: 'None' },
  ],
};

/** Looks at the registry's own log, again and again. */
function watchLists(registry: RegistryServer, signal: AbortSignal) {
  let most = 0;
  let counted = 0;
  const lists = () => registry.requests.list({ path: /\/tags\/list$/ });
  const look = async () => {
    while (!signal.aborted) {
      const open = new Map<string, number>();
      for (const { path, isOpen } of lists()) if (isOpen) open.set(path, (open.get(path) ?? 0) + 1);
      most = Math.max(most, ...open.values());
      await pause(lookEveryMs);
    }
  };
  void look();
  return {
    most: () => most,
    count() {
      const byPath = new Map<string, number>();
      for (const { path } of lists().slice(counted)) byPath.set(path, (byPath.get(path) ?? 0) + 1);
      counted = lists().length;
      return byPath;
    },
  };
}
