import { setTimeout as pause } from 'node:timers/promises';
import { policy, repository } from '../test/flux/objects.ts';
import { group } from '../test/flux/sight.ts';
import {
  applyAll,
  cpuSeconds,
  diskMegabytes,
  type Place,
  peakMegabytes,
  reconcileSeconds,
  until,
} from './reflector-place.ts';

/** A reconciliation is counted after its status is written. */
const countedMs = 500;

/** Tags of one repository, and the marks of Flux's reflector v1.2.0 for them: unchanged rescan, policy reconcile. */
export const tagSizes = [
  { count: 10_000, rescanMark: 0.046, policyMark: 0.017 },
  { count: 100_000, rescanMark: 0.18, policyMark: 0.04 },
  { count: 1_000_000, rescanMark: 1.55, policyMark: 0.31 },
] as const;

export type TagFigures = {
  readonly sizes: readonly {
    readonly count: number;
    readonly first: number;
    readonly rescan: number;
    readonly changed: number;
    readonly policy: number;
    readonly cpu: number;
  }[];
  readonly memory: number;
  readonly disk: number;
};

/** One repository after the other, each with one policy: one tag in ten is a version. */
export async function measureTags(place: Place): Promise<TagFigures> {
  const sizes: TagFigures['sizes'][number][] = [];
  for (const { count } of tagSizes) sizes.push({ count, ...(await measureSize(place, count)) });
  return { sizes, memory: peakMegabytes(place), disk: diskMegabytes(place) };
}

async function measureSize(place: Place, count: number): Promise<Omit<TagFigures['sizes'][number], 'count'>> {
  const { registry } = place;
  const name = `tags-${count}`;
  const path = `team/${name}`;
  registry.seedTags(path, count, (number) =>
    number % 10 === 0 ? `1.0.${number}` : `main-${number.toString(16)}`,
  );
  const scanSeconds = () => reconcileSeconds(place, 'ImageRepository', name);
  const policySeconds = () => reconcileSeconds(place, 'ImagePolicy', name);
  await applyAll(place, [repository(name, { image: `${registry.host}/${path}` }), policy(name)]);
  await untilSelected(place, name, `1.0.${count - 10}`);
  const first = await scanSeconds();
  await request(place, name, 'unchanged');
  const rescan = (await scanSeconds()) - first;
  registry.pushImage({ repository: path, tag: '1.1.0', seed: name });
  const before = { cpu: cpuSeconds(place), scan: await scanSeconds(), policy: await policySeconds() };
  await request(place, name, 'changed');
  await untilSelected(place, name, '1.1.0');
  return {
    first,
    rescan,
    changed: (await scanSeconds()) - before.scan,
    policy: (await policySeconds()) - before.policy,
    cpu: cpuSeconds(place) - before.cpu,
  };
}

/** Asks for a scan now, and waits until it was made. */
async function request({ server, reader }: Place, name: string, text: string): Promise<void> {
  await server.kubectl([
    'annotate',
    `imagerepository/${name}`,
    '--overwrite',
    `reconcile.fluxcd.io/requestedAt=${text}`,
  ]);
  await until(async () => {
    const { status } = await reader.get<Shown>(`${group}/namespaces/default/imagerepositories/${name}`);
    return status?.lastHandledReconcileAt === text;
  });
  await pause(countedMs);
}

type Shown = {
  readonly status?: {
    readonly lastHandledReconcileAt?: string;
    readonly latestRef?: { readonly tag: string };
  };
};

async function untilSelected({ reader }: Place, name: string, tag: string): Promise<void> {
  await until(async () => {
    const { status } = await reader.get<Shown>(`${group}/namespaces/default/imagepolicies/${name}`);
    return status?.latestRef?.tag === tag;
  });
  await pause(countedMs);
}
