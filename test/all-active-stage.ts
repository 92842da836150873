/** A real API server, PostgreSQL, a registry, many objects, and replicas that share the work on them. */
import assert from 'node:assert/strict';
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
  readonly account: string;
  /** Paths in the registry, each with an ImageRepository and an ImagePolicy of the same short name. */
  readonly names: readonly string[];
  /** Tags that a policy had selected, in their order. */
  selections(name: string): readonly string[];
  /** The most requests for one list that were open at once. */
  listsAtOnce(): number;
  /** Requests for lists since it was asked last, by path. */
  countLists(): ReadonlyMap<string, number>;
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
  readonly kubeconfig?: string;
  readonly leaseSeconds?: number;
};

const program = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const overlay = fileURLToPath(new URL('../deploy/postgres-all-active', import.meta.url));
const apiVersion = 'image.toolkit.fluxcd.io/v1';
const namespace = 'default';
const lookEveryMs = 5;

/** Long enough for two requests at once to be seen. */
const answerDelayMs = 50;

export async function startAllActiveStage(
  tools: ApiServerTools,
  { repositories, flags = [] }: { readonly repositories: number; readonly flags?: readonly string[] },
): Promise<AllActiveStage> {
  const [server, registry, postgres] = await Promise.all([
    startApiServer(tools, { flags }),
    startRegistryServer(),
    startPostgres(),
  ]);
  await server.kubectl(['create', 'namespace', 'flux-system']);
  await server.kubectl(['apply', '--kustomize', overlay]);
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
  const account = await addServiceAccount(server, { namespace: 'flux-system', name: 'holdfast' });
  const names = Array.from({ length: repositories }, (_, at) => `app-${at}`);
  const push = (minor: number) =>
    names.forEach((name) => registry.pushImage({ repository: name, tag: `v1.${minor}.0`, labels: {} }));
  push(0);
  registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: answerDelayMs } });
  await server.kubectl(['apply', '--filename=-'], { stdin: JSON.stringify(objectsOf(names, registry.host)) });

  const stopping = new AbortController();
  const selected = new Map<string, string[]>();
  const access = await openClusterAccess({ kubeconfig: server.kubeconfig(), env: {}, cwd: server.folder });
  const following = follow(openKubernetesClient(access), imagePolicies, {
    timing: systemTiming,
    log: silentLog,
    signal: stopping.signal,
    onChange({ metadata, status }) {
      const { latestRef } = (status ?? {}) as { readonly latestRef?: { readonly tag: string } };
      const tags = selected.get(String(metadata['name'])) ?? [];
      if (latestRef !== undefined && latestRef.tag !== tags.at(-1)) tags.push(latestRef.tag);
      selected.set(String(metadata['name']), tags);
    },
    onRemoved: () => undefined,
  });
  const lists = watchLists(registry, stopping.signal);
  const running: ServerProcess[] = [];
  const selections = (name: string): readonly string[] => selected.get(name) ?? [];

  return {
    server,
    registry,
    postgres,
    account,
    names,
    selections,
    listsAtOnce: () => lists.most(),
    countLists: () => lists.count(),
    async start(options) {
      const replica = await startReplica(options.kubeconfig ?? server.kubeconfig(account), options);
      running.push(replica.process);
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
        assert.deepEqual(
          minors,
          minors.toSorted((one, other) => one - other),
          `${name} went back`,
        );
      }
    },
    async stop() {
      stopping.abort(new Error('enough'));
      for (const one of running) await one.stop('SIGKILL');
      await following;
      await registry.close();
      await postgres.stop();
      await server.stop();
    },
  };
}

/** Waits until it is so. @throws Error after a minute */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `it never came to be: ${what}`);
    await pause(100);
  }
}

async function startReplica(
  kubeconfig: string,
  { ledger, leaseSeconds = 3 }: ReplicaOptions,
): Promise<SharingReplica> {
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

/** Looks at the registry's own log, again and again. */
function watchLists(registry: RegistryServer, signal: AbortSignal) {
  let most = 0;
  let counted = 0;
  const lists = () => registry.requests.list({ path: /\/tags\/list$/ });
  const look = async () => {
    while (!signal.aborted) {
      const open = new Map<string, number>();
      for (const { path, status } of lists())
        if (status === undefined) open.set(path, (open.get(path) ?? 0) + 1);
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
