import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { RegistryConfigurationError, type RegistryConfigurationErrorCode } from './errors.ts';

/** Largest file read. A Kubernetes Secret holds at most 1 MiB, and no hand-written configuration comes near. */
const fileBytesMax = 1024 * 1024;

/** Most names taken from one folder of drop-ins or certificates. */
const folderNamesMax = 1_000;

/** The two kinds of file there are: an error says which, so that a front door can tell them apart. */
export type UnreadableCode = Extract<
  RegistryConfigurationErrorCode,
  'CREDENTIALS_UNREADABLE' | 'REGISTRIES_UNREADABLE'
>;

/**
 * The text of a configuration file, or undefined where there is none. Follows symbolic links, as mounted
 * Secrets are; refuses what is no regular file, so that neither a pipe nor a device can hold us up.
 * @throws RegistryConfigurationError the code given; the message names the file, never its content
 */
export async function readConfigFile(path: string, code: UnreadableCode): Promise<string | undefined> {
  const bytes = await readBytes(path, code);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Without its cause: an error must not carry bytes of a file that may hold secrets.
    throw new RegistryConfigurationError(code, `${path} is not UTF-8`, { hint: 'save it as UTF-8' });
  }
}

/** The names in a folder, sorted by code unit; undefined where there is no such folder. */
export async function listConfigFolder(
  path: string,
  code: UnreadableCode,
): Promise<readonly string[] | undefined> {
  try {
    const names = await readdir(path);
    if (names.length > folderNamesMax) {
      throw new RegistryConfigurationError(
        code,
        `${path} holds ${names.length} files, more than ${folderNamesMax}`,
      );
    }
    return names.sort();
  } catch (cause) {
    return absentOrThrow(cause, path, code);
  }
}

async function readBytes(path: string, code: UnreadableCode): Promise<Uint8Array | undefined> {
  try {
    // O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return await readAtMost(file, path, code);
    } finally {
      await file.close();
    }
  } catch (cause) {
    return absentOrThrow(cause, path, code);
  }
}

async function readAtMost(file: FileHandle, path: string, code: UnreadableCode): Promise<Uint8Array> {
  const stat = await file.stat();
  if (!stat.isFile()) {
    throw new RegistryConfigurationError(code, `${path} is not a file`, {
      hint: 'name a file; a folder, pipe or device is not read',
    });
  }
  const buffer = Buffer.alloc(Math.min(stat.size, fileBytesMax) + 1);
  let length = 0;
  // A file may grow while it is read: what counts is what arrives, not what stat said.
  for (let read = -1; read !== 0 && length < buffer.length; length += read) {
    read = (await file.read(buffer, length, buffer.length - length)).bytesRead;
  }
  if (length > fileBytesMax) {
    throw new RegistryConfigurationError(code, `${path} is larger than ${fileBytesMax} bytes`, {
      hint: 'is it the file you meant?',
    });
  }
  return buffer.subarray(0, length);
}

function absentOrThrow(cause: unknown, path: string, code: UnreadableCode): undefined {
  if (cause instanceof RegistryConfigurationError) throw cause;
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (reason === 'ENOENT' || reason === 'ENOTDIR') return undefined;
  const hints: Readonly<Record<string, string>> = {
    EACCES: 'give the user that runs this the right to read it',
    ELOOP: 'its symbolic links lead in a circle',
    EISDIR: 'name a file, not a folder',
  };
  const hint = hints[reason];
  throw new RegistryConfigurationError(code, `cannot read ${path}: ${reason}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
