import { createReadStream } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { describeError } from '../errors.ts';
import { ClusterError } from './errors.ts';

/** One file of a dump, not yet opened. */
export type DumpFile = {
  /** As shown to people. */
  readonly name: string;
  open(): AsyncIterable<Buffer>;
};

/** Most bytes read of one file, unpacked: a cluster of 150,000 pods is below 2 GB; more is a bomb. */
const fileBytesMax = 16 * 1024 * 1024 * 1024;

/** Most files in a folder: `kubectl cluster-info dump` writes eight for each namespace and one for each pod. */
const filesMax = 200_000;

/** Deepest folder: `cluster-info dump` needs three, a bundle seven. */
const folderDepthMax = 12;

/** Bytes asked of a file at once: larger pieces join fewer objects over their ends. */
const readBytes = 1024 * 1024;

const objectFilePattern = /\.(?:json|yaml|yml)(?:\.gz)?$/i;

/**
 * The files of a dump: the one named, or all `.json` and `.yaml` (also `.gz`) below a folder in the order of
 * their names. Links are not followed: a dump from elsewhere must not reach outside itself.
 * @throws ClusterError `SNAPSHOT_UNREADABLE`, `SNAPSHOT_TOO_LARGE`
 */
export async function listDumpFiles(
  path: string,
  options: { readonly signal?: AbortSignal; readonly name?: string } = {},
): Promise<DumpFile[]> {
  const shown = options.name ?? path;
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw new ClusterError('SNAPSHOT_UNREADABLE', `cannot read ${shown}: ${describeError(cause)}`, {
      hint: 'give the file or folder of a dump, or - for standard input',
      cause,
    });
  }
  if (!isFolder) return [fileOf(shown, path, options.signal)];
  const names: string[] = [];
  await collectFiles(path, '', names, options.signal);
  return names.sort().map((name) => fileOf(name, join(path, name), options.signal));
}

/** Standard input, unpacked where it is gzip. A signal ends the wait for input that never comes. */
export function dumpOfStream(name: string, stream: Readable, signal?: AbortSignal): DumpFile {
  return { name, open: () => unpack(name, stoppable(stream, signal)) };
}

function fileOf(name: string, path: string, signal?: AbortSignal): DumpFile {
  return {
    name,
    open: () => unpack(name, stoppable(createReadStream(path, { highWaterMark: readBytes }), signal)),
  };
}

function stoppable(stream: Readable, signal: AbortSignal | undefined): Readable {
  return signal === undefined ? stream : addAbortSignal(signal, stream);
}

async function collectFiles(
  root: string,
  below: string,
  names: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  if (below.split('/').length > folderDepthMax) return;
  for await (const entry of await opendir(join(root, below))) {
    signal?.throwIfAborted();
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await collectFiles(root, name, names, signal);
    else if (entry.isFile() && objectFilePattern.test(entry.name)) names.push(name);
    if (names.length > filesMax) {
      throw new ClusterError('SNAPSHOT_TOO_LARGE', `more than ${filesMax} files in ${root}`, {
        hint: 'give the folder that "kubectl cluster-info dump --output-directory" wrote',
      });
    }
  }
}

/** The bytes as UTF-8: unpacked where they begin as gzip, recoded where they begin as UTF-16 (PowerShell's `>`). */
async function* unpack(name: string, stream: Readable): AsyncGenerator<Buffer> {
  const source = stream[Symbol.asyncIterator]();
  const first = await nextChunk(name, source);
  const rest = prepend(first, source);
  const [a, b, c] = first;
  if (a === 0x50 && b === 0x4b) throw isArchive(name, 'zip');
  const isGzip = a === 0x1f && b === 0x8b;
  const bytes = isGzip ? gunzip(name, rest) : rest;
  const isUtf16 = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff);
  const isUtf8Marked = a === 0xef && b === 0xbb && c === 0xbf;
  let total = 0;
  let isFirst = true;
  for await (const chunk of isUtf16 ? recode(bytes, a === 0xff ? 'utf-16le' : 'utf-16be') : bytes) {
    total += chunk.length;
    if (total > fileBytesMax) {
      throw new ClusterError('SNAPSHOT_TOO_LARGE', `${name} is larger than ${fileBytesMax} bytes unpacked`);
    }
    if (isFirst && isTar(chunk)) throw isArchive(name, 'tar');
    yield isFirst && isUtf8Marked ? chunk.subarray(3) : chunk;
    isFirst = false;
  }
}

async function nextChunk(name: string, source: AsyncIterator<unknown>): Promise<Buffer> {
  try {
    const { value, done } = await source.next();
    return done === true ? Buffer.alloc(0) : asBuffer(value);
  } catch (cause) {
    throw new ClusterError('SNAPSHOT_UNREADABLE', `cannot read ${name}: ${describeError(cause)}`, { cause });
  }
}

async function* prepend(first: Buffer, rest: AsyncIterator<unknown>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield asBuffer(next.value);
}

async function* gunzip(name: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Readable: ReadableStream } = await import('node:stream');
  const packed = ReadableStream.from(bytes);
  const unpacked = packed.pipe(createGunzip());
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    for await (const chunk of unpacked) yield asBuffer(chunk);
  } catch (cause) {
    if (cause instanceof ClusterError) throw cause;
    throw new ClusterError('SNAPSHOT_UNREADABLE', `cannot unpack ${name}: ${describeError(cause)}`, {
      hint: 'the file is cut off or damaged: fetch it again',
      cause,
    });
  }
}

async function* recode(bytes: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function asBuffer(chunk: unknown): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}

/** Source: POSIX ustar, magic at byte 257. */
function isTar(chunk: Buffer): boolean {
  return chunk.subarray(257, 262).toString('latin1') === 'ustar';
}

function isArchive(name: string, kind: string): ClusterError {
  return new ClusterError('SNAPSHOT_UNREADABLE', `${name} is a ${kind} archive`, {
    hint: 'unpack it and give the folder',
  });
}
