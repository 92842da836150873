import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { structuredPatch } from 'diff';

export type Difference = {
  /** Absolute. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
};

/** Lines around a change, as git shows them. */
const contextLines = 3;

/**
 * A patch that `git apply` takes from anywhere in the repository: paths start from its root, or from the
 * working directory where there is none. Line ends and a missing last one are as in the files. Empty where
 * nothing differs.
 */
export function unifiedDiff(differences: readonly Difference[], cwd: string): string {
  const root = repositoryRoot(cwd);
  return differences
    .filter(({ before, after }) => before !== after)
    .map((one) => filePatch(relative(root, one.path).split(sep).join('/'), one))
    .join('');
}

function filePatch(file: string, { before, after }: Difference): string {
  const { hunks } = structuredPatch(file, file, before, after, '', '', { context: contextLines });
  const lines = hunks.flatMap((hunk) => [
    `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`,
    ...hunk.lines,
  ]);
  const [from, to] = [quotePath(`a/${file}`), quotePath(`b/${file}`)];
  // A tab ends a name with spaces, for `patch`; git takes it too.
  const end = file.includes(' ') ? '\t' : '';
  return [`diff --git ${from} ${to}`, `--- ${from}${end}`, `+++ ${to}${end}`, ...lines, ''].join('\n');
}

function range(start: number, count: number): string {
  return count === 1 ? String(start) : `${start},${count}`;
}

/** Names with control characters, quotes, backslashes or bytes over 127, as git writes them. Source: git quote.c. */
function quotePath(path: string): string {
  const bytes = [...Buffer.from(path)];
  const isPlain = bytes.every((byte) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92);
  if (isPlain) return path;
  const escaped = bytes.map((byte) => {
    if (byte === 34 || byte === 92) return `\\${String.fromCharCode(byte)}`;
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return `\\${byte.toString(8).padStart(3, '0')}`;
  });
  return `"${escaped.join('')}"`;
}

function repositoryRoot(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return cwd;
  }
}
