/**
 * Folders of servers that tests start. They are named after the process that made them, so that the next run finds
 * what a killed one left, also servers that outlived it.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const swept = new Set<string>();

/** Makes an empty folder in the temp folder, after having removed those of its kind whose makers are gone. */
export function makeWorkFolder(kind: string): string {
  const prefix = `holdfast-${kind}-`;
  if (!swept.has(kind)) removeLost(prefix);
  swept.add(kind);
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
}

function removeLost(prefix: string): void {
  for (const name of readdirSync(tmpdir())) {
    const maker = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (maker === undefined || isAlive(Number(maker))) continue;
    const folder = join(tmpdir(), name);
    for (const pid of processesOf(folder)) kill(pid);
    // Who else runs tests here may remove the same one.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Those whose command line names the folder; on Linux alone, where this can be read. */
function processesOf(folder: string): readonly number[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => commandOf(pid).includes(folder));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
