/** Go modules of Flux that the slow tests build or read: each has a folder here whose go.mod says its version. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, searchTool } from '../tools.ts';

export type FluxModule = {
  /** What Go calls it. */
  readonly path: string;
  /** E.g. `v1.2.0`. */
  readonly version: string;
  /** Of our go.mod and go.sum. */
  readonly folder: string;
};

/** @param name of the folder beside this file */
export function fluxModule(path: string, name: string): FluxModule {
  const folder = fileURLToPath(new URL(name, import.meta.url));
  const line = readFileSync(join(folder, 'go.mod'), 'utf8').split(`${path} `)[1];
  const version = /^v\S+/.exec(line ?? '')?.[0];
  if (version === undefined) throw new Error(`${name}/go.mod names no version of ${path}`);
  return { path, version, folder };
}

/** The folder of its sources, fetched where they are not here; undefined where there is no Go or no network. */
export async function findSources({ path, folder }: FluxModule): Promise<string | undefined> {
  const go = searchTool('go');
  if (go === undefined) return undefined;
  const { status, stdout } = await runTool(go, ['mod', 'download', '-json', path], { cwd: folder });
  return status === 0 ? (JSON.parse(stdout) as { readonly Dir: string }).Dir : undefined;
}
