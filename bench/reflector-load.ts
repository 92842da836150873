import { setTimeout as pause } from 'node:timers/promises';
import type { RegistryServer } from '../src/registry-server/registry-server.ts';
import { policy, repository } from '../test/flux/objects.ts';
import { group } from '../test/flux/sight.ts';
import {
  applyAll,
  cpuSeconds,
  idleMegabytes,
  type Place,
  peakMegabytes,
  secondsSince,
  settleMs,
  until,
} from './reflector-place.ts';

const policiesEach = 10;
const sizes = { busy: 100, idle: 1000 } as const;
const idleSeconds = 20;

export const loadFigures = [
  { key: 'firstSelection', name: 'a policy made together with its repository', unit: 's' },
  { key: 'idleMemory', name: 'idle memory, one repository', unit: 'MB' },
  { key: 'newTag', name: '1,000 policies of 100 repositories, one new tag', unit: 's' },
  { key: 'newTagCpu', name: '1,000 policies of 100 repositories, one new tag, CPU', unit: 's' },
  { key: 'idleCpu', name: `1,000 unchanged repositories, CPU in ${idleSeconds} s`, unit: 's' },
  { key: 'memory', name: '1,000 repositories, 1,000 policies, peak memory', unit: 'MB' },
] as const;

export type LoadFigures = Readonly<Record<(typeof loadFigures)[number]['key'], number>>;

/** Many objects with few tags each, intervals of an hour. */
export async function measureLoad(place: Place): Promise<LoadFigures> {
  const { registry } = place;
  pushAll(registry, '1.0.0');
  const startedAt = performance.now();
  await applyAll(place, [repositoryOf(registry, 0), policyOf(0, 0)]);
  await untilSelected(place, 1, '1.0.0');
  const firstSelection = secondsSince(startedAt);
  const idleMemory = await idleMegabytes(place);
  await applyAll(
    place,
    range(sizes.busy).flatMap((index) => [
      repositoryOf(registry, index),
      ...range(policiesEach).map((number) => policyOf(index, number)),
    ]),
  );
  const policies = sizes.busy * policiesEach;
  await untilSelected(place, policies, '1.0.0');
  await untilQuiet(place);
  pushAll(registry, '1.1.0');
  const cpuBefore = cpuSeconds(place);
  const changedAt = performance.now();
  await place.server.kubectl([
    'annotate',
    'imagerepository',
    '--all',
    '--overwrite',
    'reconcile.fluxcd.io/requestedAt=now',
  ]);
  await untilSelected(place, policies, '1.1.0');
  const newTag = secondsSince(changedAt);
  // What is left over belongs to it: events are written behind.
  await untilQuiet(place);
  const newTagCpu = cpuSeconds(place) - cpuBefore;
  await applyAll(
    place,
    range(sizes.idle).map((index) => repositoryOf(registry, index)),
  );
  await untilReady(place, sizes.idle);
  await untilQuiet(place);
  // What the start left is collected by then.
  await pause(settleMs);
  const idleBefore = cpuSeconds(place);
  await pause(idleSeconds * 1000);
  const idleCpu = cpuSeconds(place) - idleBefore;
  return { firstSelection, idleMemory, newTag, newTagCpu, idleCpu, memory: peakMegabytes(place) };
}

/** Two seconds in which a program does next to nothing: its work is done, not only what was waited for. */
async function untilQuiet(place: Place): Promise<void> {
  const quiet = { ms: 2000, cpuSeconds: 0.05 } as const;
  await until(async () => {
    const before = cpuSeconds(place);
    await pause(quiet.ms);
    return cpuSeconds(place) - before <= quiet.cpuSeconds;
  });
}

function pushAll(registry: RegistryServer, tag: string): void {
  for (const index of range(sizes.idle))
    registry.pushImage({ repository: `team/app-${index}`, tag, seed: tag });
}

const repositoryOf = (registry: RegistryServer, index: number) =>
  repository(`app-${index}`, { image: `${registry.host}/team/app-${index}` });

const policyOf = (index: number, number: number) =>
  policy(`app-${index}-${number}`, { imageRepositoryRef: { name: `app-${index}` } });

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

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
