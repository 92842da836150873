/**
 * Flux's image-reflector-controller, the reference that ours is held against: built from its own Go module
 * (`reflector/go.mod`) once, and its manifests, read where Go keeps that module. Run by itself it builds it.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoProgram, say } from '../go-module.ts';
import type { Tool } from '../tools.ts';
import { findSources, fluxModule } from './flux-module.ts';

const reflector = fluxModule('github.com/fluxcd/image-reflector-controller', 'reflector');

/** The version that is built, e.g. `v1.2.0`. */
export const reflectorVersion: string = reflector.version;

/** @throws Error where it cannot be built and `CI=true` */
export function buildReflector(): Promise<Tool> {
  return buildGoProgram({
    name: 'image-reflector-controller',
    place: join('flux', `image-reflector-controller-${reflectorVersion}`),
    moduleFolder: reflector.folder,
    package: reflector.path,
    linkerFlags: '-s -w',
    howToDoWithout: 'install Go 1.26 or newer',
  });
}

/** The folder of its sources, or of those of its `api` module; undefined where Go or the module is not here. */
export function findReflectorSources(part: '' | '/api' = ''): Promise<string | undefined> {
  return findSources({ ...reflector, path: reflector.path + part });
}

/** The folder of Flux's own manifests of the same version, or undefined where Go or the module is not here. */
export async function findReflectorConfig(): Promise<string | undefined> {
  const sources = await findReflectorSources();
  return sources === undefined ? undefined : join(sources, 'config');
}

/** As `findReflectorConfig`, the folder of its CRDs. */
export async function findReflectorCrds(): Promise<string | undefined> {
  const config = await findReflectorConfig();
  return config === undefined ? undefined : join(config, 'crd', 'bases');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tool = await buildReflector();
  if (tool.missing !== false) say(`skipped: ${tool.name} (${tool.missing})`);
}
