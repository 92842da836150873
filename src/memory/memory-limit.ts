import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Bytes from which a limit is none: the kernel of cgroup v1 says 2^63 less a page, rounded by JavaScript. */
const unlimitedBytes = 2 ** 60;

/**
 * The smallest memory limit of the cgroup this process is in, or of those around it; undefined where there is
 * none. Reads cgroup v2's `memory.max` and v1's `memory.limit_in_bytes` below a root, `/` on a machine.
 * In a container, v1's path names a folder outside of what is mounted: the mount itself is then the cgroup.
 */
export function readMemoryLimit(root: string): number | undefined {
  const groups = (readText(join(root, 'proc/self/cgroup')) ?? '').split('\n').map(parseGroup);
  const v1 = groups.find((group) => group?.controllers.includes('memory') === true);
  const v2 = groups.find((group) => group?.controllers.length === 0);
  const limits =
    v1 === undefined
      ? limitsAlong(join(root, 'sys/fs/cgroup'), v2?.path ?? '/', 'memory.max')
      : limitsAlong(join(root, 'sys/fs/cgroup/memory'), v1.path, 'memory.limit_in_bytes');
  return limits.length === 0 ? undefined : Math.min(...limits);
}

type Group = { readonly controllers: readonly string[]; readonly path: string };

/** `5:memory:/kubepods/pod1`, or `0::/kubepods/pod1` for v2. Source: cgroups(7). */
function parseGroup(line: string): Group | undefined {
  const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return undefined;
  return { controllers: controllers === '' ? [] : controllers.split(','), path };
}

/** A limit holds for everything below it. */
function limitsAlong(mount: string, path: string, file: string): readonly number[] {
  const limits: number[] = [];
  for (let folder = posix.normalize(path); ; folder = posix.dirname(folder)) {
    const limit = parseLimit(readText(join(mount, folder, file)));
    if (limit !== undefined) limits.push(limit);
    if (folder === '/') return limits;
  }
}

function parseLimit(text: string | undefined): number | undefined {
  // `max` is none; 0 would be a cgroup in which nothing can run.
  if (text === undefined || !/^[1-9]\d*\n?$/.test(text)) return undefined;
  const bytes = Number(text);
  return bytes < unlimitedBytes ? bytes : undefined;
}

/** These files are made by the kernel, in memory: reading one takes microseconds, and it is not always there. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
