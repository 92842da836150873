import { stat } from 'node:fs/promises';
import { basename, dirname, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { Problem } from '../findings/finding.ts';
import { type CheckedOut, checkOut } from '../git/check-out.ts';
import { findImageFields } from '../manifests/find-image-fields.ts';
import type { ImageRules } from '../manifests/rules.ts';
import type { DeclaredFile } from './declared.ts';
import { inOrder } from './in-order.ts';
import { remoteResourceNotes } from './kustomization.ts';
import { findRules } from './load-rules.ts';
import { findPlace, type Place, stdinPath } from './place.ts';
import { type ReadFile, readFolder } from './read-folder.ts';
import { notAFile, openPipe, readTextFile, readTextStream } from './read-text.ts';
import type { RenderChoice } from './render-places.ts';

export type ReadDeclaredOptions = {
  /** What relative PATHs start from. */
  readonly cwd: string;
  /** What the PATH `-` reads. */
  readonly stdin: Readable;
  /** Handed to git, helm and kustomize. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** In place of the `holdfast.yaml` found from each PATH upwards. */
  readonly rules?: ImageRules | undefined;
  /** Default `none`: only files, which can be edited. Rendered text comes besides them, without a `path`. */
  readonly render?: RenderChoice | undefined;
};

/** How many files are opened ahead of the one that is looked at: enough to hide a disk, few descriptors. */
const filesAhead = 16;

/**
 * The files under each PATH with their image fields, in the order of the PATHs and then of the files' paths.
 * One at a time: memory follows the largest file, not the tree.
 *
 * @param paths `-`, files, folders, and Git repositories at a ref
 * @throws DeclaredError `PATH_MISSING`, `PATH_UNREADABLE` before anything is read, `CONFIG_INVALID`,
 * `CONFIG_TOO_NEW`; GitError; RenderError `RENDERER_MISSING`; the signal's reason where it is aborted
 */
export async function* readDeclared(
  paths: readonly string[],
  options: ReadDeclaredOptions,
): AsyncGenerator<DeclaredFile> {
  const places = await Promise.all(paths.map((path) => findPlace(path, options.cwd)));
  for (const place of places) {
    for await (const read of readPlace(place, options)) {
      options.signal?.throwIfAborted();
      yield lookInto(read, options);
    }
  }
}

async function* readPlace(place: Place, options: ReadDeclaredOptions): AsyncGenerator<ReadFile> {
  switch (place.kind) {
    case 'stdin':
      yield await readStdin(options);
      return;
    case 'file':
      yield await readFile(place.path, options);
      return;
    case 'folder':
      yield* inOrder(readFolder(place.path, place.shown, options), filesAhead);
      return;
    case 'git':
      yield* readCommit(place, options);
      return;
  }
}

async function readStdin(options: ReadDeclaredOptions): Promise<ReadFile> {
  const rules = options.rules ?? (await findRules(options.cwd, options.cwd));
  const decoded = await readTextStream(options.stdin, stdinPath, options.signal);
  return { file: stdinPath, path: undefined, rules, decoded };
}

async function readFile(path: string, options: ReadDeclaredOptions): Promise<ReadFile> {
  const rules = options.rules ?? (await findRules(dirname(path), options.cwd));
  const file = basename(path);
  const found = await stat(path).catch(() => undefined);
  // A shell's <(…) is a pipe with a name. Only one that was asked for is opened: it may never end.
  if (found?.isFIFO() === true) {
    const decoded = await readTextStream(openPipe(path), file, options.signal);
    return { file, path: undefined, rules, decoded };
  }
  if (found?.isFile() === false) {
    return { file, path: undefined, rules, decoded: { problem: notAFile(file) } };
  }
  return { file, path, rules, decoded: await readTextFile(path, file) };
}

/** Files of a commit have no path: there is nothing to edit. */
async function* readCommit(
  { location, shown }: Extract<Place, { kind: 'git' }>,
  options: ReadDeclaredOptions,
): AsyncGenerator<ReadFile> {
  const commit = await checkOut(location, options);
  try {
    // The search for rules ends where the commit's files do.
    const inCommit = { ...options, cwd: commit.folder };
    if (commit.isFolder) {
      const readings = inOrder(readFolder(commit.path, shown, inCommit), filesAhead);
      for await (const read of readings) yield { ...read, path: undefined };
    } else yield { ...(await readFile(commit.path, inCommit)), path: undefined };
    yield* submodulesOf(commit, options.rules ?? (await findRules(commit.folder, commit.folder)));
  } finally {
    await commit.remove();
  }
}

function* submodulesOf(commit: CheckedOut, rules: ImageRules): Generator<ReadFile> {
  for (const submodule of commit.submodules) {
    const file = relative(commit.path, submodule).replaceAll(sep, '/');
    if (file.startsWith('..')) continue;
    const problem: Problem = {
      code: 'SUBMODULE_NOT_READ',
      message: 'not fetched: it is another Git repository',
      hint: 'name it as a PATH of its own',
      file,
    };
    yield { file, path: undefined, rules, decoded: { problem } };
  }
}

function lookInto({ file, path, rules, decoded }: ReadFile, options: ReadDeclaredOptions): DeclaredFile {
  if ('problem' in decoded) {
    return { file, path: undefined, text: '', fields: [], problems: [decoded.problem] };
  }
  const { text } = decoded;
  const { fields, problems } = findImageFields(text, { fileName: file, rules });
  // kustomize fetches what is remote, or says that it cannot.
  const notes = options.render === 'kustomize' ? [] : remoteResourceNotes(text, file);
  return { file, path, text, fields, problems: [...problems, ...notes], rules };
}
