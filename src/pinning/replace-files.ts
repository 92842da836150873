import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeError } from '../errors.ts';
import { PinningError } from './errors.ts';

/** A file to be replaced as a whole. */
export type Replacement = {
  /** Absolute. Behind a symbolic link the file it points to is replaced, and the link stays. */
  readonly path: string;
  /** What it held when it was read; undefined where it was not there. */
  readonly before: string | undefined;
  readonly after: string;
};

export type ReplaceFailure = { readonly path: string; readonly error: PinningError };

/**
 * Replaces files, each whole or not at all: everything is written beside its target first, then put in place
 * by renaming, without a pause in which Ctrl-C could come between. Mode and owner stay. A file that is not
 * what it was when it was read, or that cannot be written, is left alone and told; the others are replaced.
 *
 * @throws the signal's reason where it is aborted before the first file is in place; then none is
 */
export async function replaceFiles(
  replacements: readonly Replacement[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly ReplaceFailure[]> {
  const staged: Staged[] = [];
  const failures: ReplaceFailure[] = [];
  try {
    for (const replacement of replacements) {
      options.signal?.throwIfAborted();
      const one = await stage(replacement).catch((error: unknown) => asFailure(replacement, error));
      if ('error' in one) failures.push(one);
      else staged.push(one);
    }
    options.signal?.throwIfAborted();
    for (const one of staged) failures.push(...putInPlace(one));
  } finally {
    for (const one of staged) rmSync(one.temporary, { force: true });
  }
  return failures;
}

/** The new content, complete and on disk, beside the file it is to replace. */
type Staged = {
  readonly replacement: Replacement;
  readonly target: string;
  readonly temporary: string;
};

async function stage(replacement: Replacement): Promise<Staged> {
  const { path, before, after } = replacement;
  const target = await realpath(path).catch(() => path);
  const now = await readFile(target).catch(ifMissing);
  if (!isUnchanged(now, before)) throw changed(path);
  const status = await stat(target).catch(ifMissing);
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${randomBytes(6).toString('hex')}.holdfast-new`,
  );
  // 'wx': a file somebody placed there, or a link, is never written through.
  const file = await open(temporary, 'wx', status === undefined ? 0o666 : status.mode & 0o7777);
  try {
    await file.writeFile(after);
    if (status !== undefined) await keepOwner(file, status);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return { replacement, target, temporary };
}

async function keepOwner(
  file: FileHandle,
  status: { readonly mode: number; readonly uid: number; readonly gid: number },
): Promise<void> {
  const own = await file.stat();
  if (own.uid !== status.uid || own.gid !== status.gid) {
    // Only root may give a file away; for others it stays theirs, as an editor would leave it.
    await file.chown(status.uid, status.gid).catch(() => undefined);
  }
  // The umask may have taken bits from the mode given at creation.
  await file.chmod(status.mode & 0o7777);
}

function putInPlace({ replacement, target, temporary }: Staged): readonly ReplaceFailure[] {
  try {
    if (!isUnchanged(readIfThere(target), replacement.before)) throw changed(replacement.path);
    renameSync(temporary, target);
    return [];
  } catch (error) {
    return [asFailure(replacement, error)];
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    return ifMissing(error);
  }
}

function isUnchanged(now: Buffer | undefined, before: string | undefined): boolean {
  if (now === undefined || before === undefined) return now === before;
  return now.equals(Buffer.from(before));
}

function ifMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

function changed(path: string): PinningError {
  return new PinningError(
    'FILE_CHANGED',
    `${path} changed while it was being worked on, and was left alone`,
    {
      hint: 'run the command again',
      retryable: true,
    },
  );
}

function asFailure({ path }: Replacement, error: unknown): ReplaceFailure {
  if (error instanceof PinningError) return { path, error };
  const message = `cannot write ${path}: ${describeError(error)}`;
  return { path, error: new PinningError('FILE_UNWRITABLE', message, { cause: error }) };
}
