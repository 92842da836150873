import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { describeError } from '../errors.ts';
import { LockError } from '../lock/errors.ts';
import { formatImagesLock } from '../lock/images-lock.ts';
import { emptyLock, type Lock } from '../lock/lock.ts';
import { lockSizeMax } from '../lock/lock-document.ts';
import { formatLockFile, type LockFormat, parseLockFile } from '../lock/lock-file.ts';
import { type ReplaceFailure, replaceFiles } from './replace-files.ts';

const lockFileName = 'holdfast.lock';

/** A lock file as it was read, or as it would be begun. */
export type LockOnDisk = {
  readonly lock: Lock;
  /** Absolute. */
  readonly path: string;
  /** Relative to the working directory, for people. */
  readonly file: string;
  readonly format: LockFormat;
  /** Undefined where there is none yet. */
  readonly text: string | undefined;
};

/** Where the lock of these PATHs is: in the first PATH if it is a folder, otherwise beside it. */
export function lockPathOf(paths: readonly string[], cwd: string): string {
  return join(folderOf(paths, cwd), lockFileName);
}

/**
 * The nearest lock file from the first PATH upwards, as far as its Git repository or the working directory
 * reaches; where there is none, the place of {@link lockPathOf}.
 */
export function nearestLockPath(paths: readonly string[], cwd: string): string {
  for (let folder = folderOf(paths, cwd); ; folder = dirname(folder)) {
    const path = join(folder, lockFileName);
    if (existsSync(path)) return path;
    const isTop = existsSync(join(folder, '.git')) || folder === cwd || folder === dirname(folder);
    if (isTop) return lockPathOf(paths, cwd);
  }
}

/** A Git repository at a ref, standard input and a typing error have no folder: the working directory serves. */
function folderOf(paths: readonly string[], cwd: string): string {
  const path = resolve(cwd, paths[0] ?? '.');
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return cwd;
  return status.isDirectory() ? path : dirname(path);
}

/** @throws LockError; a file that is not there is no error but an empty lock without text */
export async function readLock(path: string, cwd: string): Promise<LockOnDisk> {
  const file = relative(cwd, path) || path;
  const text = await readText(path, file);
  if (text === undefined) return { lock: emptyLock, path, file, format: 'holdfast', text };
  return { ...parseLockFile(text, file), path, file, text };
}

/** @throws LockError, `LOCK_MISSING` where there is none */
export async function requireLock(path: string, cwd: string): Promise<LockOnDisk> {
  const found = await readLock(path, cwd);
  if (found.text !== undefined) return found;
  const above = nearestLockPath([dirname(path)], cwd);
  const other = above === path ? '' : `, or name another with --lock-file ${relative(cwd, above)}`;
  throw new LockError('LOCK_MISSING', `there is no lock file ${found.file}`, {
    hint: `make one with "holdfast lock"${other}`,
  });
}

async function readText(path: string, file: string): Promise<string | undefined> {
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return undefined;
    if (size > 4 * lockSizeMax) {
      throw new LockError('LOCK_TOO_LARGE', `${file} has ${size} bytes`, {
        hint: 'is it a lock file at all?',
      });
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof LockError) throw error;
    throw new LockError('LOCK_UNREADABLE', `cannot read ${file}: ${describeError(error)}`, { cause: error });
  }
}

/** The text of a lock in a format; kbld's `Config` is written as the `ImagesLock` that kbld reads as well. */
function lockText(lock: Lock, format: LockFormat): string {
  return format === 'holdfast' ? formatLockFile(lock) : formatImagesLock(lock);
}

/**
 * Writes a lock whole, unless it says what the file says already: then its bytes stay.
 * @throws the signal's reason; PinningError `FILE_CHANGED`, `FILE_UNWRITABLE`
 */
export async function writeLock(
  old: LockOnDisk,
  lock: Lock,
  format: LockFormat,
  options: { readonly signal?: AbortSignal } = {},
): Promise<'written' | 'unchanged'> {
  const after = lockText(lock, format);
  if (old.text !== undefined && old.format === format && lockText(old.lock, format) === after) {
    return 'unchanged';
  }
  const failures = await replaceFiles([{ path: old.path, before: old.text, after }], options);
  throwFirst(failures);
  return 'written';
}

function throwFirst(failures: readonly ReplaceFailure[]): void {
  const [failure] = failures;
  if (failure !== undefined) throw failure.error;
}
