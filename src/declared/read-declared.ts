import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Problem } from '../findings/finding.ts';
import { findImageFields } from '../manifests/find-image-fields.ts';
import { excludesFile, type ImageRules } from '../manifests/rules.ts';
import type { DeclaredFile } from './declared.ts';
import type { DecodedText } from './decode-text.ts';
import { DeclaredError } from './errors.ts';
import { inOrder } from './in-order.ts';
import { listFiles } from './list-files.ts';
import { findRules } from './load-rules.ts';
import { readTextFile, readTextStream, systemCode } from './read-text.ts';

export type ReadDeclaredOptions = {
  /** What relative PATHs start from. */
  readonly cwd: string;
  /** What the PATH `-` reads. */
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** In place of the `holdfast.yaml` found from each PATH upwards. */
  readonly rules?: ImageRules;
};

/** A text that was read or not, before anybody looked for images in it. */
type ReadFile = {
  readonly file: string;
  readonly path: string | undefined;
  readonly rules: ImageRules;
  readonly decoded: DecodedText;
};

/** How many files are opened ahead of the one that is looked at: enough to hide a disk, few descriptors. */
const filesAhead = 16;

/** The PATH that means standard input, in the habit of kubectl. */
const stdinPath = '-';

/**
 * The files under each PATH with their image fields, in the order of the PATHs and then of the files' paths.
 * One at a time: memory follows the largest file, not the tree.
 *
 * @param paths `-`, files and folders
 * @throws DeclaredError `PATH_MISSING`, `PATH_UNREADABLE` before anything is read, `CONFIG_INVALID`,
 * `CONFIG_TOO_NEW`; the signal's reason where it is aborted
 */
export async function* readDeclared(
  paths: readonly string[],
  options: ReadDeclaredOptions,
): AsyncGenerator<DeclaredFile> {
  await Promise.all(paths.map((path) => requirePath(path, options)));
  for (const path of paths) {
    for await (const read of inOrder(readPath(path, options), filesAhead)) {
      options.signal?.throwIfAborted();
      yield lookInto(read);
    }
  }
}

async function requirePath(path: string, options: ReadDeclaredOptions): Promise<void> {
  if (path === stdinPath) return;
  try {
    await stat(resolve(options.cwd, path));
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new DeclaredError('PATH_UNREADABLE', `cannot look at ${quote(path)} (${code})`, { cause: error });
    }
    throw new DeclaredError('PATH_MISSING', `no such file or folder: ${quote(path)}`, {
      hint: 'a PATH is a file, a folder, - for standard input, or a Git repository at a ref: REPOSITORY@REF',
    });
  }
}

/** Reads one text, when called. */
type Reading = () => Promise<ReadFile>;

async function* readPath(path: string, options: ReadDeclaredOptions): AsyncGenerator<Reading> {
  const { cwd, signal } = options;
  if (path === stdinPath) {
    const rules = options.rules ?? (await findRules(cwd, cwd));
    yield async () => {
      const decoded = await readTextStream(options.stdin, stdinPath, signal);
      return { file: stdinPath, path: undefined, rules, decoded };
    };
    return;
  }
  const root = resolve(cwd, path);
  const isFolder = (await stat(root)).isDirectory();
  const rules = options.rules ?? (await findRules(isFolder ? root : dirname(root), cwd));
  if (!isFolder) {
    const file = basename(root);
    yield async () => ({ file, path: root, rules, decoded: await readTextFile(root, file) });
    return;
  }
  yield* readFolder(root, path, rules, signal);
}

async function* readFolder(
  root: string,
  shown: string,
  rules: ImageRules,
  signal: AbortSignal | undefined,
): AsyncGenerator<Reading> {
  let met = 0;
  for await (const listed of listFiles(root, (file) => excludesFile(rules, file), signal)) {
    if (listed.kind === 'folder') continue;
    met += 1;
    const { file } = listed;
    if (listed.kind === 'problem') {
      yield async () => ({ file, path: undefined, rules, decoded: { problem: listed.problem } });
    } else {
      const { path } = listed;
      yield async () => ({ file, path, rules, decoded: await readTextFile(path, file) });
    }
  }
  if (met > 0) return;
  const problem: Problem = {
    code: 'NO_MANIFEST_FILES',
    message: `${quote(shown)} holds no manifest files`,
    hint: 'files ending in .yaml, .yml, .json, .tpl, Kustomization files and image lists (images.txt) are read',
    file: '.',
  };
  yield async () => ({ file: '.', path: undefined, rules, decoded: { problem } });
}

function lookInto({ file, path, rules, decoded }: ReadFile): DeclaredFile {
  if ('problem' in decoded)
    return { file, path: undefined, text: '', fields: [], problems: [decoded.problem] };
  const { fields, problems } = findImageFields(decoded.text, { file, rules });
  return { file, path, text: decoded.text, fields, problems };
}

/** So that a PATH with a line feed or an escape sequence cannot rewrite the terminal. */
function quote(path: string): string {
  return JSON.stringify(path);
}
