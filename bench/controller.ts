import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { type ApiReader, openApiReader } from '../test/flux/api-reader.ts';
import { findReflectorCrds } from '../test/flux/build-reflector.ts';
import { policy, repository } from '../test/flux/objects.ts';
import { findFlux, holdfast, type ReflectorProgram, startReflector } from '../test/flux/reflector-program.ts';
import { group } from '../test/flux/sight.ts';
import { type ApiServer, findApiServerTools, startApiServer } from '../test/kubernetes/api-server.ts';
import type { Bench, BenchRow } from './bench.ts';

const policiesEach = 10;
const sizes = { busy: 100, idle: 1000 } as const;
const idleSeconds = 20;
const lookEveryMs = 100;
const waitMaxMs = 300_000;
/** Ticks a second of /proc/PID/stat. Source: proc(5). */
const ticksPerSecond = 100;

type Figures = Readonly<Record<(typeof figureNames)[number]['key'], number>>;

const figureNames = [
  { key: 'firstSelection', name: 'a policy made together with its repository', unit: 's' },
  { key: 'newTag', name: '1,000 policies of 100 repositories, one new tag', unit: 's' },
  { key: 'newTagCpu', name: '1,000 policies of 100 repositories, one new tag, CPU', unit: 's' },
  { key: 'idleCpu', name: `1,000 unchanged repositories, CPU in ${idleSeconds} s`, unit: 's' },
  { key: 'memory', name: 'peak memory', unit: 'MB' },
] as const;

/** The controller beside Flux's reflector, each with its own API server; loopback registry, intervals of an hour. */
export const bench: Bench = {
  name: 'controller',
  summary: 'holdfast controller on a real API server, whole processes',
  async run(say) {
    const ours = await measure(holdfast);
    say(`holdfast: ${JSON.stringify(ours)}`);
    const flux = await findFlux();
    if (flux.tool.missing !== false) say(`no comparison with Flux's reflector: ${flux.tool.missing}`);
    const peer = flux.tool.missing === false ? await measure(flux) : undefined;
    return figureNames.map(
      ({ key, name, unit }): BenchRow => ({
        name,
        unit,
        ours: ours[key],
        ...(peer === undefined ? {} : { peer: { name: "Flux's reflector", value: peer[key] } }),
        aim: '< 1x',
      }),
    );
  },
};

async function measure(program: ReflectorProgram): Promise<Figures> {
  const server = await startApiServer(await findApiServerTools());
  const registry = await startRegistryServer();
  const reader = openApiReader(server);
  try {
    const ours = `--kustomize=${fileURLToPath(new URL('../deploy/crds', import.meta.url))}`;
    const crds = program.name === 'holdfast' ? ours : `--filename=${(await findReflectorCrds()) ?? ''}`;
    await server.kubectl(['apply', crds]);
    await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    const storagePath = join(server.folder, 'store');
    const controller = await startReflector(program, {
      kubeconfig: server.kubeconfig(),
      storagePath,
      flags: ['--log-level=error'],
    });
    try {
      return await measureRunning({ server, registry, reader, pid: controller.pid });
    } finally {
      await controller.stop('SIGKILL');
    }
  } finally {
    await reader.close();
    await registry.close();
    await server.stop();
  }
}

type Place = {
  readonly server: ApiServer;
  readonly registry: RegistryServer;
  readonly reader: ApiReader;
  readonly pid: number;
};

async function measureRunning(place: Place): Promise<Figures> {
  const { registry, pid } = place;
  pushAll(registry, ['1.0.0']);
  const startedAt = performance.now();
  await applyAll(place, [repositoryOf(registry, 0), policyOf(0, 0)]);
  await untilSelected(place, 1, '1.0.0');
  const firstSelection = secondsSince(startedAt);
  await applyAll(
    place,
    range(sizes.busy).flatMap((index) => [
      repositoryOf(registry, index),
      ...range(policiesEach).map((number) => policyOf(index, number)),
    ]),
  );
  const policies = sizes.busy * policiesEach;
  await untilSelected(place, policies, '1.0.0');
  pushAll(registry, ['1.1.0']);
  const cpuBefore = cpuSeconds(pid);
  const changedAt = performance.now();
  const words = [
    'annotate',
    'imagerepository',
    '--all',
    '--overwrite',
    'reconcile.fluxcd.io/requestedAt=now',
  ];
  await place.server.kubectl(words);
  await untilSelected(place, policies, '1.1.0');
  const newTag = secondsSince(changedAt);
  const newTagCpu = cpuSeconds(pid) - cpuBefore;
  await applyAll(
    place,
    range(sizes.idle).map((index) => repositoryOf(registry, index)),
  );
  await untilReady(place, sizes.idle);
  const idleBefore = cpuSeconds(pid);
  await pause(idleSeconds * 1000);
  const memory = peakMegabytes(pid);
  return { firstSelection, newTag, newTagCpu, idleCpu: cpuSeconds(pid) - idleBefore, memory };
}

function pushAll(registry: RegistryServer, tags: readonly string[]): void {
  for (const index of range(sizes.idle))
    for (const tag of tags) registry.pushImage({ repository: `team/app-${index}`, tag, seed: tag });
}

const repositoryOf = (registry: RegistryServer, index: number) =>
  repository(`app-${index}`, { image: `${registry.host}/team/app-${index}` });

const policyOf = (index: number, number: number) =>
  policy(`app-${index}-${number}`, { imageRepositoryRef: { name: `app-${index}` } });

async function applyAll({ server }: Place, items: readonly object[]): Promise<void> {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await server.kubectl(['apply', '--server-side', '--filename=-'], { stdin });
}

type Listed = {
  readonly items: readonly {
    readonly status?: {
      readonly latestRef?: { readonly tag: string };
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
};

function untilSelected({ reader }: Place, count: number, tag: string): Promise<void> {
  return until(async () => {
    const { items } = await reader.get<Listed>(`${group}/imagepolicies`);
    return items.filter(({ status }) => status?.latestRef?.tag === tag).length === count;
  });
}

function untilReady({ reader }: Place, count: number): Promise<void> {
  return until(async () => {
    const { items } = await reader.get<Listed>(`${group}/imagerepositories`);
    const isReady = (one: Listed['items'][number]) =>
      one.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    return items.filter(isReady).length === count;
  });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitMaxMs;
  while (!(await isSo())) {
    if (Date.now() > deadline)
      throw new Error('the controller did not get there: a figure of it means nothing');
    await pause(lookEveryMs);
  }
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function peakMegabytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;
