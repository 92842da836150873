/**
 * The two programs that serve ImageRepository and ImagePolicy, started alike: Flux's reflector and ours take
 * the same flags and find the cluster in the same place.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findFreePort, type ServerProcess, startServerProcess } from '../server-process.ts';
import type { Tool } from '../tools.ts';
import { buildReflector } from './build-reflector.ts';

export type ReflectorProgram = {
  readonly name: 'flux' | 'holdfast';
  readonly tool: Tool;
  /** Before the flags. */
  readonly words: readonly string[];
};

export type ReflectorStart = {
  readonly kubeconfig: string;
  /** Its own store, for those that have one; made where it is not there. */
  readonly storagePath?: string;
  readonly eventsUrl?: string;
  /** More flags; they win over those given here. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export type RunningReflector = ServerProcess & { readonly metricsUrl: string; readonly healthUrl: string };

/** @throws Error where it cannot be built and `CI=true` */
export async function findFlux(): Promise<ReflectorProgram> {
  return { name: 'flux', tool: await buildReflector(), words: [] };
}

export const holdfast: ReflectorProgram = {
  name: 'holdfast',
  tool: { name: 'node', path: process.execPath, missing: false },
  words: [fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url)), 'controller'],
};

/** Starts one and waits until it is alive; whether it leads and is ready is another matter. */
export async function startReflector(
  program: ReflectorProgram,
  start: ReflectorStart,
): Promise<RunningReflector> {
  const { storagePath } = start;
  if (storagePath !== undefined) mkdirSync(storagePath, { recursive: true });
  const metrics = `127.0.0.1:${await findFreePort()}`;
  const health = `127.0.0.1:${await findFreePort()}`;
  const flags = [
    ...(storagePath === undefined ? [] : [`--storage-path=${storagePath}`]),
    `--metrics-addr=${metrics}`,
    `--health-addr=${health}`,
    '--log-level=debug',
    ...(start.eventsUrl === undefined ? [] : [`--events-addr=${start.eventsUrl}`]),
    ...(start.flags ?? []),
  ];
  const running = await startServerProcess(program.tool, [...program.words, ...flags], {
    env: { ...process.env, KUBECONFIG: start.kubeconfig, RUNTIME_NAMESPACE: 'flux-system', ...start.env },
    isReady: async () => {
      const answer = await fetch(`http://${health}/healthz`).catch(() => undefined);
      return answer?.ok === true;
    },
  });
  return { ...running, metricsUrl: `http://${metrics}/metrics`, healthUrl: `http://${health}` };
}
