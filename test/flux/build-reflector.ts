/**
 * Flux's image-reflector-controller, the reference that ours is held against: built from its own Go module
 * (`reflector/go.mod`) once, and its CRDs, read where Go keeps that module. Run by itself it builds it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoProgram, say } from '../go-module.ts';
import { runTool, searchTool, type Tool } from '../tools.ts';

const modulePath = 'github.com/fluxcd/image-reflector-controller';

const moduleFolder = fileURLToPath(new URL('reflector', import.meta.url));

/** The version that is built, e.g. `v1.2.0`. */
export const reflectorVersion: string = versionOf(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'));

/** @throws Error where it cannot be built and `CI=true` */
export function buildReflector(): Promise<Tool> {
  return buildGoProgram({
    name: 'image-reflector-controller',
    place: join('flux', `image-reflector-controller-${reflectorVersion}`),
    moduleFolder,
    package: modulePath,
    linkerFlags: '-s -w',
    howToDoWithout: 'install Go 1.26 or newer',
  });
}

/** The folder of Flux's own CRDs of the same version, or undefined where Go or the module is not here. */
export async function findReflectorCrds(): Promise<string | undefined> {
  const go = searchTool('go');
  if (go === undefined) return undefined;
  const { status, stdout } = await runTool(go, ['list', '-m', '-f', '{{.Dir}}', modulePath], {
    cwd: moduleFolder,
  });
  return status === 0 && stdout.trim() !== '' ? join(stdout.trim(), 'config', 'crd', 'bases') : undefined;
}

function versionOf(goMod: string): string {
  const version = /image-reflector-controller (v\S+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error('reflector/go.mod names no version');
  return version;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tool = await buildReflector();
  if (tool.missing !== false) say(`skipped: ${tool.name} (${tool.missing})`);
}
