import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type GitLocation, localGitLocations, parseGitUrl, withoutCredentials } from '../git/git-location.ts';
import { DeclaredError } from './errors.ts';
import { systemCode } from './read-text.ts';

/** What a PATH turned out to be. */
export type Place =
  | { readonly kind: 'stdin' }
  | { readonly kind: 'file' | 'folder'; readonly shown: string; readonly path: string }
  | { readonly kind: 'git'; readonly shown: string; readonly location: GitLocation };

/** The PATH that means standard input, in the habit of kubectl. */
export const stdinPath = '-';

/**
 * Decides what a PATH is. What is there under exactly this name comes first, so that a folder called
 * `team@prod` is a folder.
 *
 * @throws DeclaredError `PATH_MISSING`, `PATH_UNREADABLE`; GitError `GIT_LOCATION_INVALID`
 */
export async function findPlace(path: string, cwd: string): Promise<Place> {
  if (path === stdinPath) return { kind: 'stdin' };
  const absolute = resolve(cwd, path);
  const found = await statOf(absolute);
  if (found !== undefined) {
    return { kind: found.isDirectory() ? 'folder' : 'file', shown: path, path: absolute };
  }
  const location = parseGitUrl(path) ?? (await findLocalRepository(path, cwd));
  if (location !== undefined) return { kind: 'git', shown: withoutCredentials(path), location };
  throw new DeclaredError('PATH_MISSING', `no such file or folder: ${JSON.stringify(path)}`, {
    hint: 'a PATH is a file, a folder, - for standard input, or a Git repository at a ref: REPOSITORY@REF',
  });
}

async function findLocalRepository(path: string, cwd: string): Promise<GitLocation | undefined> {
  for (const location of localGitLocations(path)) {
    if ((await statOf(resolve(cwd, location.repository)))?.isDirectory() === true) return location;
  }
  return undefined;
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    // A null byte in a name, which no file can have.
    if (code === 'ERR_INVALID_ARG_VALUE') return undefined;
    const why = code === 'ELOOP' ? 'it is a link that leads back to itself' : (code ?? 'unknown');
    throw new DeclaredError('PATH_UNREADABLE', `cannot look at ${JSON.stringify(path)}: ${why}`, {
      cause: error,
    });
  }
}
