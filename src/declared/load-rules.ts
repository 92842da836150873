import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type ImageRules, noRules } from '../manifests/rules.ts';
import { DeclaredError } from './errors.ts';
import { readTextFile } from './read-text.ts';
import { parseRulesFile, rulesFileName } from './rules-file.ts';

/**
 * The rules of the nearest `holdfast.yaml` from a folder upwards, or none. The search ends at the top of the
 * Git repository; outside of one it ends at the current folder, so that no stranger's file above rules here.
 *
 * @param folder absolute: the PATH, or the folder a file PATH is in
 * @throws DeclaredError `CONFIG_INVALID`, `CONFIG_TOO_NEW`
 */
export async function findRules(folder: string, cwd: string): Promise<ImageRules> {
  const file = rulesFileAbove(folder, cwd);
  return file === undefined ? noRules : loadRules(file);
}

/**
 * The rules of one file.
 * @throws DeclaredError `CONFIG_INVALID`, `CONFIG_TOO_NEW`
 */
export async function loadRules(file: string): Promise<ImageRules> {
  const read = await readTextFile(file, file);
  if ('problem' in read) {
    const { message, hint } = read.problem;
    throw new DeclaredError('CONFIG_INVALID', `${file}: ${message}`, hint === undefined ? {} : { hint });
  }
  return parseRulesFile(read.text, file);
}

function rulesFileAbove(start: string, cwd: string): string | undefined {
  const folders = [start, ...ancestors(start)];
  const repository = folders.findIndex((folder) => existsSync(join(folder, '.git')));
  const searched = folders.slice(0, (repository === -1 ? lastWithoutGit(folders, cwd) : repository) + 1);
  return searched.map((folder) => join(folder, rulesFileName)).find((file) => existsSync(file));
}

/** Up to the current folder where the start is inside it; else the start alone. */
function lastWithoutGit(folders: readonly string[], cwd: string): number {
  const inside = relative(cwd, folders[0] ?? cwd);
  const isInside = inside !== '..' && !inside.startsWith(`..${sep}`);
  return isInside ? folders.indexOf(cwd) : 0;
}

/** Every folder above, nearest first. */
function ancestors(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...ancestors(above)];
}
