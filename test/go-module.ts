/**
 * Programs in Go that are built from a small module of ours, whose go.mod and go.sum say what they are made
 * of: built once and kept in the user's cache folder.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { cacheFolder, findExecutable, missingTool, runTool, searchTool, type Tool } from './tools.ts';

export type GoProgram = {
  /** Of the file that is built. */
  readonly name: string;
  /** Below the cache folder, with the version in it: `kubernetes/v1.35.4`. */
  readonly place: string;
  /** Folder of go.mod and go.sum. */
  readonly moduleFolder: string;
  /** The main package. */
  readonly package: string;
  readonly linkerFlags: string;
  /** Said where Go is missing. */
  readonly howToDoWithout: string;
};

/** Between two tries to have the lock while another run builds. */
const lockRetryMs = 500;

/**
 * The program: built where it is not there yet, which takes minutes.
 * @throws Error where it cannot be built and `CI=true`
 */
export async function buildGoProgram(program: GoProgram): Promise<Tool> {
  const { name, howToDoWithout } = program;
  const folder = join(cacheFolder(), program.place);
  const built = findExecutable(name, [folder]);
  if (built !== undefined) return built;
  const go = searchTool('go');
  if (go === undefined)
    return missingTool(name, `${name} is built with Go, which is not here: ${howToDoWithout}`);
  mkdirSync(folder, { recursive: true });
  const unlock = await lock(join(folder, 'building.lock'));
  try {
    return findExecutable(name, [folder]) ?? (await build(go, program, folder));
  } finally {
    unlock();
  }
}

async function build(go: Tool, program: GoProgram, folder: string): Promise<Tool> {
  const { name, place, moduleFolder, linkerFlags } = program;
  const startedAt = Date.now();
  const path = join(folder, name);
  // Built beside its place and moved there: a build that was cut off is never taken for a program.
  const unfinished = `${path}.unfinished`;
  say(`building ${place}/${name} once (kept in ${folder}); this takes minutes`);
  const words = ['build', '-trimpath', '-ldflags', linkerFlags, '-o', unfinished, program.package];
  const { status, stderr } = await runTool(go, words, {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    return missingTool(name, `go build failed: ${stderr.trim().slice(-500)}`);
  }
  renameSync(unfinished, path);
  say(`built ${name} in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  return { name, path, missing: false };
}

/** A lock that the operating system lets go of when its holder dies: SQLite's on a file of ours. */
async function lock(file: string): Promise<() => void> {
  const database = new DatabaseSync(file);
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      if (!(error instanceof Error && /locked/.test(error.message))) throw error;
      if (attempt === 1) say('waiting for another run that builds the same');
      await pause(lockRetryMs);
    }
  }
}

/** To the person who waits. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
