/** A reflector, ours or Flux's, running on an API server and a registry of its own, and what can be measured of it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { type ApiReader, openApiReader } from '../test/flux/api-reader.ts';
import { findReflectorCrds } from '../test/flux/build-reflector.ts';
import { type ReflectorProgram, startReflector } from '../test/flux/reflector-program.ts';
import { type ApiServer, findApiServerTools, startApiServer } from '../test/kubernetes/api-server.ts';

/** Between two looks whether a program got there. */
const lookEveryMs = 100;
const waitMaxMs = 300_000;
/** Ticks a second of /proc/PID/stat. Source: proc(5). */
const ticksPerSecond = 100;
/** Before anything idle is measured: garbage of the start is collected by then. */
export const settleMs = 10_000;

export type Place = {
  readonly registry: RegistryServer;
  readonly server: ApiServer;
  readonly reader: ApiReader;
  readonly pid: number;
  readonly metricsUrl: string;
  readonly storagePath: string;
};

/** Starts everything, measures, and ends everything. */
export async function atPlace<Figures>(
  program: ReflectorProgram,
  measure: (place: Place) => Promise<Figures>,
): Promise<Figures> {
  const server = await startApiServer(await findApiServerTools());
  const registry = await startRegistryServer();
  const reader = openApiReader(server);
  try {
    const ours = `--kustomize=${fileURLToPath(new URL('../deploy/crds', import.meta.url))}`;
    const crds = program.name === 'holdfast' ? ours : `--filename=${(await findReflectorCrds()) ?? ''}`;
    await server.kubectl(['apply', crds]);
    await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    const storagePath = join(server.folder, 'store');
    const kubeconfig = server.kubeconfig();
    const flags = ['--log-level=error'];
    const controller = await startReflector(program, { kubeconfig, storagePath, flags });
    const { pid, metricsUrl } = controller;
    try {
      return await measure({ server, registry, reader, pid, metricsUrl, storagePath });
    } finally {
      await controller.stop('SIGKILL');
    }
  } finally {
    await reader.close();
    await registry.close();
    await server.stop();
  }
}

export async function applyAll({ server }: Place, items: readonly object[]): Promise<void> {
  const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await server.kubectl(['apply', '--server-side', '--filename=-'], { stdin });
}

/** @throws Error where it does not come true: what was to be measured then means nothing */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + waitMaxMs;
  while (!(await isSo())) {
    if (Date.now() > deadline)
      throw new Error('the controller did not get there: a figure of it means nothing');
    await pause(lookEveryMs);
  }
}

/** User and system time since it was started. */
export function cpuSeconds({ pid }: Place): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export const peakMegabytes = ({ pid }: Place): number => memoryOf(pid, 'VmHWM');

export async function idleMegabytes({ pid }: Place): Promise<number> {
  await pause(settleMs);
  return memoryOf(pid, 'VmRSS');
}

function memoryOf(pid: number, name: 'VmHWM' | 'VmRSS'): number {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(line?.[1]) * 1024) / 1e6;
}

/** What its store takes on disk: blocks, since both make files with holes. */
export function diskMegabytes({ storagePath }: Place): number {
  const files = readdirSync(storagePath, { recursive: true, encoding: 'utf8' });
  const blocks = files.map((file) => statSync(join(storagePath, file)).blocks);
  return (blocks.reduce((sum, one) => sum + one, 0) * 512) / 1e6;
}

/** Seconds an object was reconciled for so far, as the program itself says: both have the same metric. */
export async function reconcileSeconds({ metricsUrl }: Place, kind: string, name: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const line = text
    .split('\n')
    .find(
      (one) =>
        one.startsWith('gotk_reconcile_duration_seconds_sum{') &&
        one.includes(`kind="${kind}"`) &&
        one.includes(`name="${name}"`),
    );
  return Number(line?.split(' ').at(-1) ?? 0);
}

export const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;
