import type { Readable } from 'node:stream';
import { describeError } from '../errors.ts';
import type { Problem } from '../findings/finding.ts';
import { type DumpFile, dumpOfStream, listDumpFiles } from './dump-file.ts';
import { ClusterError } from './errors.ts';
import { cleanText, isForeignObject } from './foreign-value.ts';
import { type JsonPart, JsonSplitter } from './json-splitter.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';

/** Largest YAML file: its reader needs all of it at once, about 40 times its size, and a second for each MB. */
const yamlBytesMax = 32 * 1024 * 1024;

export type ReadDumpOptions = {
  readonly signal?: AbortSignal;
  /** What to call it in messages: the path as the user wrote it. */
  readonly name?: string;
  /** Told now and then how far it is. */
  readonly onProgress?: (objects: number, bytes: number) => void;
};

/**
 * The snapshot in a dump: what `kubectl get pods,nodes,events,… -A -o json` (or yaml) printed, several of
 * them in one file, or the folder of `kubectl cluster-info dump`. JSON is read as a stream of objects.
 * @throws ClusterError `SNAPSHOT_UNREADABLE`, `SNAPSHOT_EMPTY`, `SNAPSHOT_TOO_LARGE`
 */
export async function readDump(path: string, options: ReadDumpOptions = {}): Promise<Snapshot> {
  const builder = new SnapshotBuilder();
  await readDumpInto(builder, path, options);
  return finish(builder, options.name ?? path);
}

/** The same from a stream, e.g. standard input. */
export async function readDumpStream(
  name: string,
  stream: Readable,
  options: ReadDumpOptions = {},
): Promise<Snapshot> {
  const builder = new SnapshotBuilder();
  await readDumpStreamInto(builder, name, stream, options);
  return finish(builder, name);
}

/** Takes the objects of a dump, of whatever kind. */
export interface ObjectSink {
  /** How many objects were taken. */
  readonly objectCount: number;
  /** What prints such a dump, for the hint where one cannot be read. */
  readonly dumpCommand: string;
  /** Takes one object, or a list of them; `listKind` names the list it came from (`PodList`). */
  add(value: unknown, listKind?: string): void;
  addProblem(problem: Problem): void;
}

/**
 * Hands every object of a dump to a sink, one by one.
 * @throws ClusterError `SNAPSHOT_UNREADABLE`, `SNAPSHOT_TOO_LARGE`
 */
export async function readDumpInto(
  sink: ObjectSink,
  path: string,
  options: ReadDumpOptions = {},
): Promise<void> {
  const files = await listDumpFiles(path, options);
  for (const file of files) {
    if (files.length === 1) await readFile(file, sink, options);
    else await readFileOfMany(file, sink, options);
  }
}

/** The same from a stream, e.g. standard input. */
export async function readDumpStreamInto(
  sink: ObjectSink,
  name: string,
  stream: Readable,
  options: ReadDumpOptions = {},
): Promise<void> {
  await readFile(dumpOfStream(name, stream, options.signal), sink, options);
}

function finish(builder: SnapshotBuilder, name: string): Snapshot {
  const snapshot = builder.finish();
  if (snapshot.coverage.pods) return snapshot;
  const found = builder.objectCount === 0 ? 'no objects' : `${builder.objectCount} objects but no pods`;
  throw new ClusterError('SNAPSHOT_EMPTY', `${found} in ${name}${noticeOf(snapshot)}`, {
    hint: `ask for pods in all namespaces: ${builder.dumpCommand}`,
  });
}

/** What kubectl itself complained of, where it went into the file. */
function noticeOf(snapshot: Snapshot): string {
  const notice = snapshot.problems.find((problem) => problem.code === 'KUBECTL_COMPLAINED');
  return notice === undefined ? '' : `; kubectl said: ${notice.message}`;
}

/** In a folder, one unreadable file is a problem beside the others. */
async function readFileOfMany(file: DumpFile, sink: ObjectSink, options: ReadDumpOptions): Promise<void> {
  try {
    await readFile(file, sink, options);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    sink.addProblem({
      code: error.code,
      message: error.message,
      file: file.name,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

async function readFile(file: DumpFile, sink: ObjectSink, options: ReadDumpOptions): Promise<void> {
  const splitter = new JsonSplitter();
  const yaml: Buffer[] = [];
  let format: 'json' | 'yaml' | undefined;
  let bytes = 0;
  try {
    for await (const chunk of file.open()) {
      options.signal?.throwIfAborted();
      bytes += chunk.length;
      format ??= formatOf(chunk);
      if (format === 'yaml') keepYaml(yaml, chunk, bytes);
      else takeParts(splitter.push(chunk), sink);
      options.onProgress?.(sink.objectCount, bytes);
    }
    if (format === 'yaml') await readYamlInto(sink, Buffer.concat(yaml).toString('utf8'));
    else takeParts(splitter.end(), sink);
  } catch (error) {
    throw inFile(error, file.name, sink, options.signal);
  }
}

function takeParts(parts: readonly JsonPart[], sink: ObjectSink): void {
  for (const part of parts) {
    if (part.kind === 'item') sink.add(part.value, part.listKind);
    else if (part.kind === 'document') sink.add(part.value);
    else sink.addProblem({ code: 'KUBECTL_COMPLAINED', message: cleanText(part.text) });
  }
}

/** JSON where it begins so, or with a line that kubectl writes beside JSON. Undefined for white space alone. */
function formatOf(chunk: Buffer): 'json' | 'yaml' | undefined {
  const head = chunk.subarray(0, 4096).toString('utf8').trimStart();
  if (head === '') return undefined;
  return /^(?:[{[]|====|error\b|warning:)/i.test(head) ? 'json' : 'yaml';
}

function keepYaml(pieces: Buffer[], chunk: Buffer, bytes: number): void {
  if (bytes > yamlBytesMax) {
    throw new ClusterError('SNAPSHOT_TOO_LARGE', `YAML of more than ${yamlBytesMax} bytes`, {
      hint: 'take the dump with -o json: that has no such limit',
    });
  }
  pieces.push(chunk);
}

/**
 * Hands every object of a YAML text to a sink.
 * @throws ClusterError `SNAPSHOT_UNREADABLE`
 */
export async function readYamlInto(sink: ObjectSink, text: string): Promise<void> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { logLevel: 'silent', merge: false, uniqueKeys: false });
  if (!Array.isArray(documents)) return;
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new ClusterError('SNAPSHOT_UNREADABLE', `neither JSON nor YAML: ${firstLine(error.message)}`);
    }
    // The library refuses to expand aliases beyond its limit: a bomb ends here as an error.
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value !== null && !isForeignObject(value)) {
      throw new ClusterError('SNAPSHOT_UNREADABLE', `expected objects, got ${excerptOf(value)}`);
    }
    sink.add(value);
  }
}

/** The same failure with the file in its message, and a hint; what is no ClusterError came from the file, too. */
function inFile(error: unknown, name: string, sink: ObjectSink, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  const hint = `give what "${sink.dumpCommand}" prints`;
  if (!(error instanceof ClusterError)) {
    const message = `cannot read ${name}: ${firstLine(describeError(error))}`;
    return new ClusterError('SNAPSHOT_UNREADABLE', message, { hint, cause: error });
  }
  if (error.hint !== undefined && error.message.includes(name)) return error;
  const message = error.message.includes(name) ? error.message : `${name}: ${error.message}`;
  return new ClusterError(error.code, message, { hint: error.hint ?? hint, cause: error });
}

function firstLine(text: string): string {
  return cleanText(text.split('\n', 1)[0] ?? '').slice(0, 300);
}

function excerptOf(value: unknown): string {
  return cleanText(JSON.stringify(value) ?? String(value)).slice(0, 80);
}
