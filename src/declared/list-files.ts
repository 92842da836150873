import { type Dirent, existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { Problem } from '../findings/finding.ts';
import { isManifestName, isSkippedFolder, vendorMarks } from './manifest-name.ts';
import { notAFile, systemCode } from './read-text.ts';

/** One thing met on the walk through a folder, in the order of its path. */
export type Listed =
  | { readonly kind: 'file'; readonly file: string; readonly path: string }
  /** A folder whose content follows. `names` are its entries. */
  | {
      readonly kind: 'folder';
      readonly file: string;
      readonly path: string;
      readonly names: ReadonlySet<string>;
    }
  | { readonly kind: 'problem'; readonly file: string; readonly problem: Problem };

/** What was decided not to be read: a file, or a folder with all that is in it (`file` ends in `/` then). */
export type Exclusion = (file: string) => boolean;

type Pending = { readonly file: string; readonly path: string; readonly entry: Dirent | undefined };

/**
 * Walks a folder in the order of the files' paths. Every file is met once, under its own name: links to
 * folders are not followed, since a folder inside is met anyway and one outside was not asked for.
 * Memory follows the widest folder, not the tree.
 *
 * @param root an existing folder; `file` of what is listed is relative to it, with `/`
 */
export async function* listFiles(
  root: string,
  isExcluded: Exclusion,
  signal?: AbortSignal,
): AsyncGenerator<Listed> {
  const realRoot = await realpath(root);
  const pending: Pending[] = [{ file: '', path: root, entry: undefined }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    signal?.throwIfAborted();
    const { file, path, entry } = next;
    if (entry?.isDirectory() === true && isVendorFolder(path)) {
      yield { kind: 'problem', file, problem: vendorNotRead(file) };
    } else if (entry === undefined || entry.isDirectory()) {
      const opened = await openFolder(file, path);
      yield opened.listed;
      // One by one: a folder may hold more files than a call can take arguments.
      for (const child of opened.children) if (!isPassedOver(child, isExcluded)) pending.push(child);
    } else if (entry.isSymbolicLink()) {
      const listed = await followLink(next, realRoot);
      if (listed !== undefined) yield listed;
    } else if (isManifestName(entry.name)) {
      yield entry.isFile()
        ? { kind: 'file', file, path }
        : { kind: 'problem', file, problem: notAFile(file) };
    }
  }
}

function isPassedOver({ file, entry }: Pending, isExcluded: Exclusion): boolean {
  if (entry?.isDirectory() !== true) return isExcluded(file);
  return isSkippedFolder(entry.name) || isExcluded(`${file}/`);
}

/** The folder, and its entries last first, ready to be taken from the end. */
async function openFolder(
  file: string,
  path: string,
): Promise<{ readonly listed: Listed; readonly children: readonly Pending[] }> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const keyed = entries.map((entry) => ({ key: entry.name + (entry.isDirectory() ? '/' : ''), entry }));
    keyed.sort((left, right) => (left.key < right.key ? 1 : -1));
    return {
      listed: { kind: 'folder', file, path, names: new Set(entries.map((entry) => entry.name)) },
      children: keyed.map(({ entry }) => ({
        file: file === '' ? entry.name : `${file}/${entry.name}`,
        path: join(path, entry.name),
        entry,
      })),
    };
  } catch (error) {
    return { listed: { kind: 'problem', file, problem: folderUnreadable(file, error) }, children: [] };
  }
}

/** A link is read only where its target is inside and would not be read under its own name. */
async function followLink({ file, path }: Pending, realRoot: string): Promise<Listed | undefined> {
  const isNamedLikeManifest = isManifestName(file.slice(file.lastIndexOf('/') + 1));
  try {
    const target = await realpath(path);
    const inside = relative(realRoot, target);
    const isOutside = inside === '..' || inside.startsWith(`..${sep}`);
    const isFolder = (await stat(target)).isDirectory();
    if (isOutside) return isFolder || isNamedLikeManifest ? linkLeadsOut(file) : undefined;
    if (isFolder || !isNamedLikeManifest || isReadAtItsPlace(inside)) return undefined;
    return { kind: 'file', file, path: target };
  } catch (error) {
    if (!isNamedLikeManifest) return undefined;
    return { kind: 'problem', file, problem: linkBroken(file, error) };
  }
}

function isReadAtItsPlace(inside: string): boolean {
  const parts = inside.split(sep);
  return isManifestName(parts.pop() ?? '') && !parts.some(isSkippedFolder);
}

function isVendorFolder(path: string): boolean {
  return basename(path) === 'vendor' && vendorMarks.some((name) => existsSync(join(path, name)));
}

function vendorNotRead(file: string): Problem {
  return {
    code: 'VENDOR_NOT_READ',
    message: 'not read: it holds copies of other projects',
    hint: 'name it as a PATH of its own to read it',
    file,
  };
}

function linkLeadsOut(file: string): Listed {
  const problem: Problem = {
    code: 'LINK_NOT_FOLLOWED',
    message: 'not followed: it is a link that leads out of the folder',
    hint: 'name its target as a PATH of its own',
    file,
  };
  return { kind: 'problem', file, problem };
}

function linkBroken(file: string, error: unknown): Problem {
  const why = systemCode(error) === 'ELOOP' ? 'a link that leads back to itself' : 'a link to nothing';
  return {
    code: 'LINK_BROKEN',
    message: `cannot be read: it is ${why}`,
    hint: 'repair or remove the link',
    file,
  };
}

function folderUnreadable(file: string, error: unknown): Problem {
  return {
    code: 'FOLDER_UNREADABLE',
    message: `the folder cannot be opened (${systemCode(error) ?? 'unknown'})`,
    hint: 'check its permissions, or exclude it in holdfast.yaml',
    file: file === '' ? '.' : file,
  };
}
