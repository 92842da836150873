import { constants, openSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Problem } from '../findings/finding.ts';
import { type DecodedText, decodeText } from './decode-text.ts';

/**
 * Bytes. The largest manifest files in the wild are CRD bundles of 3 to 10 MB. Parsed, one YAML document takes
 * some eighty times its size in memory, which must stay below what Node gets by default.
 */
const fileBytesMax = 16 * 1024 * 1024;

/** The text of one file, or the problem that kept it from being read. Never throws for what a file can be. */
export async function readTextFile(path: string, file: string): Promise<DecodedText> {
  let handle: FileHandle | undefined;
  try {
    // Non-blocking, so that a FIFO that took a file's name cannot hold us here.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) return { problem: notAFile(file) };
    if (stat.size > fileBytesMax) return { problem: tooLarge(file) };
    return decodeText(await handle.readFile(), file);
  } catch (error) {
    return { problem: unreadable(file, error) };
  } finally {
    await handle?.close();
  }
}

/** A pipe as a stream that can be given up at any time, which a plain read of a pipe cannot. */
export function openPipe(path: string): Readable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

/** The text of standard input. A stream that fails or is too large is a problem, as for a file. */
export async function readTextStream(
  stream: Readable,
  file: string,
  signal: AbortSignal | undefined,
): Promise<DecodedText> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const stop = (): void => void stream.destroy(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
      bytes += part.length;
      if (bytes > fileBytesMax) return { problem: { ...tooLarge(file), hint: 'give it in parts' } };
      chunks.push(part);
    }
  } catch (error) {
    signal?.throwIfAborted();
    return { problem: unreadable(file, error) };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return decodeText(Buffer.concat(chunks), file);
}

function unreadable(file: string, error: unknown): Problem {
  const code = systemCode(error);
  const why = code === undefined ? '' : ` (${code})`;
  return {
    code: 'FILE_UNREADABLE',
    message: `cannot be read${why}`,
    ...(code === 'EACCES' ? { hint: 'check its permissions, or exclude it in holdfast.yaml' } : {}),
    file,
  };
}

export function notAFile(file: string): Problem {
  return {
    code: 'FILE_NOT_REGULAR',
    message: 'not opened: it is a pipe, socket or device',
    hint: 'give its content on standard input: holdfast images -',
    file,
  };
}

function tooLarge(file: string): Problem {
  return {
    code: 'FILE_TOO_LARGE',
    message: `not read: it is larger than ${fileBytesMax / 1024 / 1024} MiB`,
    hint: 'split it, or exclude it in holdfast.yaml',
    file,
  };
}

/** `ENOENT` and its like, of an error of Node's file system. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
