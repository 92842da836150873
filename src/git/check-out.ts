import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import type { Environment } from '../program/run-program.ts';
import { GitError } from './errors.ts';
import { type GitLocation, withoutCredentials } from './git-location.ts';
import { type GitOptions, runGit } from './run-git.ts';

export type CheckOutOptions = {
  readonly env: Environment;
  /** What the path of a local repository starts from. */
  readonly cwd: string;
  readonly signal?: AbortSignal | undefined;
};

/** The files of a commit in a temporary folder, which whoever asked for it removes. */
export interface CheckedOut {
  /** Absolute: the top of the repository's files. */
  readonly folder: string;
  /** Absolute: what the location names in it, a folder or a file. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Full name of the commit. */
  readonly commit: string;
  /** Submodules, which are not fetched: absolute. */
  readonly submodules: readonly string[];
  remove(): Promise<void>;
}

/**
 * Writes the files of a commit into a new temporary folder. A local repository is not touched: no file of its
 * working tree, not its index, no ref.
 *
 * @throws GitError with every code; the signal's reason where it is aborted. Nothing is left behind then
 */
export async function checkOut(location: GitLocation, options: CheckOutOptions): Promise<CheckedOut> {
  const temporary = await mkdtemp(join(tmpdir(), 'holdfast-git-'));
  const remove = (): Promise<void> => rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  try {
    const checkedOut = await checkOutInto(temporary, location, options);
    return { ...checkedOut, remove };
  } catch (error) {
    await remove();
    throw error instanceof GitError ? named(error, location) : error;
  }
}

/** The error with the repository's name in it: git itself often leaves it out. */
function named({ code, message, hint, retryable }: GitError, location: GitLocation): GitError {
  const repository = withoutCredentials(location.repository);
  const text =
    code === 'GIT_REF_UNKNOWN' && location.ref !== undefined
      ? `${repository} has no branch, tag or commit ${JSON.stringify(location.ref)}`
      : `${repository}: ${message}`;
  return new GitError(code, text, { ...(hint === undefined ? {} : { hint }), retryable });
}

async function checkOutInto(
  temporary: string,
  location: GitLocation,
  { env, cwd, signal }: CheckOutOptions,
): Promise<Omit<CheckedOut, 'remove'>> {
  const folder = join(temporary, 'files');
  await mkdir(folder);
  const found = location.isRemote
    ? await fetchCommit(location, { env, signal, gitFolder: join(temporary, 'repository') })
    : await findCommit(location, { env, signal }, resolve(cwd, location.repository));
  const git: GitOptions = {
    ...found.git,
    extra: { ...found.git.extra, GIT_INDEX_FILE: join(temporary, 'index'), GIT_WORK_TREE: folder },
  };
  const submodules = await listSubmodules(found.commit, git);
  await runGit(['read-tree', found.commit], git);
  await runGit(['checkout-index', '--all', '--force', `--prefix=${folder}/`], git);
  const path = await findInside(folder, found.inside, location);
  const absolute = submodules.map((submodule) => join(folder, submodule));
  const isFolder = (await stat(path)).isDirectory();
  return { folder, path, isFolder, commit: found.commit, submodules: absolute };
}

/** The real path, so that a link in the repository cannot lead out of it. */
async function findInside(folder: string, inside: string, location: GitLocation): Promise<string> {
  const [top, path] = await Promise.all([
    realpath(folder),
    realpath(join(folder, inside)).catch(() => undefined),
  ]);
  if (path === top || path?.startsWith(top + sep) === true) return path;
  throw new GitError('GIT_PATH_MISSING', `no ${JSON.stringify(inside)} at ${location.ref ?? 'HEAD'}`, {
    hint: 'check the path after //',
  });
}

type FoundCommit = {
  readonly commit: string;
  readonly git: GitOptions;
  /** What the location names, from the top of the repository. */
  readonly inside: string;
};

/** In a folder below the top of its repository, paths begin at that folder, as git's own `HEAD:./` does. */
async function findCommit(location: GitLocation, git: GitOptions, folder: string): Promise<FoundCommit> {
  const inFolder = { ...git, cwd: folder };
  const { stdout } = await runGit(['rev-parse', '--absolute-git-dir', '--show-prefix'], inFolder);
  const [gitFolder = '', prefix = ''] = textOf(stdout).split('\n');
  const repository = { ...git, gitFolder };
  const commit = await revParse(location.ref ?? 'HEAD', repository);
  return { commit, git: repository, inside: prefix + location.inside };
}

/** Spellings no server knows: `HEAD~1`, `main@{1}`, a shortened commit, what `git describe` prints. */
const needsHistory = /[~^]|@\{|^[0-9a-f]{4,40}$|-g[0-9a-f]{4,40}$/;

/** One commit where the server can give it alone; everything where only the history can tell which it is. */
async function fetchCommit(location: GitLocation, plain: GitOptions): Promise<FoundCommit> {
  const { repository, ref = 'HEAD', inside } = location;
  await runGit(['init', '--quiet', '--bare', '--template='], plain);
  const git = { ...plain, extra: await sshEnvironment(plain) };
  const fetch = ['fetch', '--quiet', '--no-recurse-submodules', '--no-auto-maintenance'];
  try {
    await runGit([...fetch, '--depth=1', '--no-tags', '--', repository, ref], git);
    return { commit: await revParse('FETCH_HEAD', git), git, inside };
  } catch (error) {
    const isUnknown = error instanceof GitError && error.code === 'GIT_REF_UNKNOWN';
    if (!isUnknown || !needsHistory.test(ref)) throw error;
  }
  const everything = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*', '+HEAD:refs/holdfast/head'];
  await runGit([...fetch, '--', repository, ...everything], git);
  await runGit(['symbolic-ref', 'HEAD', 'refs/holdfast/head'], git);
  return { commit: await revParse(ref, git), git, inside };
}

/** Keeps ssh from asking for a password or a host's key, unless the user has said how ssh is to be run. */
async function sshEnvironment(git: GitOptions): Promise<Environment> {
  if ((git.env['GIT_SSH_COMMAND'] ?? git.env['GIT_SSH']) !== undefined) return {};
  const { stdout } = await runGit(['config', '--default', '', '--get', 'core.sshCommand'], git);
  return textOf(stdout) === '' ? { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' } : {};
}

async function revParse(ref: string, git: GitOptions): Promise<string> {
  const { stdout } = await runGit(['rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`], git);
  return textOf(stdout);
}

/** Bytes of all files of a commit. A few hundred bytes of Git objects can stand for more than any disk. */
const commitBytesMax = 8 * 1024 ** 3;

/** Looks at every file of a commit before any is written. */
async function listSubmodules(commit: string, git: GitOptions): Promise<readonly string[]> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '-l', '--full-tree', commit], git);
  const submodules: string[] = [];
  let bytes = 0;
  for (const line of textOf(stdout).split('\0')) {
    const tab = line.indexOf('\t');
    const [mode, , , size] = line.slice(0, Math.max(tab, 0)).split(/ +/);
    if (mode === '160000') submodules.push(line.slice(tab + 1));
    else bytes += Number(size ?? 0);
  }
  if (bytes > commitBytesMax) {
    throw new GitError('GIT_TOO_LARGE', `more than ${commitBytesMax / 1024 ** 3} GiB of files`);
  }
  return submodules;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replace(/\n$/, '');
}
