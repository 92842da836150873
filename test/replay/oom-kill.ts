import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Where memory limits are written, and how the kernel says that it killed for one. */
type MemoryGroups = {
  readonly parent: string;
  readonly limitFile: string;
  readonly eventsFile: string;
};

/** Source: the kernel's documentation of cgroup v2; `cgroup.controllers` is in no v1 hierarchy. */
const unified = '/sys/fs/cgroup';
const v2: MemoryGroups = { parent: unified, limitFile: 'memory.max', eventsFile: 'memory.events' };
const v1: MemoryGroups = {
  parent: `${unified}/memory`,
  limitFile: 'memory.limit_in_bytes',
  eventsFile: 'memory.oom_control',
};

/** Less than any controller has: the kernel takes the largest process of a group first. */
const limitBytes = 16 * 1024 * 1024;

const retryMs = 10;
const attemptsMax = 1000;

/**
 * Whether processes can be killed by a memory limit here, which takes root and a writable memory cgroup.
 * @throws Error where they cannot and `CI=true`: a replay without a real limit is not the incident
 */
export function findMemoryGroups(): MemoryGroups | undefined {
  const groups = existsSync(`${unified}/cgroup.controllers`) ? v2 : v1;
  try {
    accessSync(`${groups.parent}/cgroup.procs`, constants.W_OK);
    // In v2 a group hands memory on to its children only where it is told to.
    if (groups === v2) appendFileSync(`${unified}/cgroup.subtree_control`, '+memory');
    return groups;
  } catch (error) {
    const reason = `replay: there is no writable memory cgroup here (${String(error)})`;
    if (process.env['CI'] === 'true') throw new Error(reason, { cause: error });
    process.stderr.write(`${reason}: the leader is killed by SIGKILL\n`);
    return undefined;
  }
}

let groupsMade = 0;

/**
 * Has the kernel kill a process for want of memory: it is put into a group with a limit, beside a program
 * that takes all there is.
 * @throws Error where the kernel did not kill it
 */
export async function oomKill(pid: number): Promise<void> {
  const groups = findMemoryGroups();
  if (groups === undefined) {
    process.kill(pid, 'SIGKILL');
    return;
  }
  groupsMade += 1;
  const group = `${groups.parent}/holdfast-replay-${process.pid}-${groupsMade}`;
  mkdirSync(group);
  try {
    writeFileSync(`${group}/${groups.limitFile}`, String(limitBytes));
    if (existsSync(`${group}/memory.swap.max`)) writeFileSync(`${group}/memory.swap.max`, '0');
    writeFileSync(`${group}/cgroup.procs`, String(pid));
    const words = ['-c', 'echo $$ > "$0/cgroup.procs"; exec tail /dev/zero', group];
    const glutton = spawn('/bin/sh', words, { stdio: 'ignore' });
    // It is killed itself once there is nobody larger.
    await once(glutton, 'exit');
    await until(() => isGone(pid), `process ${pid} outlived its memory limit`);
    const kills = oomKills(`${group}/${groups.eventsFile}`);
    // The process and the glutton; nobody else is in the group, and nobody else sent a signal.
    if (kills < 2) throw new Error(`the kernel killed ${kills} for want of memory, not 2`);
  } finally {
    // The group is busy until the last of a dead process is gone.
    await until(() => isRemoved(group), `${group} stays busy`);
  }
}

function oomKills(file: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}

function isGone(pid: number): boolean {
  try {
    // Dead and not yet waited for by its parent: a zombie. Source: proc(5).
    return /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

function isRemoved(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}

async function until(isSo: () => boolean, problem: string): Promise<void> {
  for (let attempt = 1; !isSo(); attempt += 1) {
    if (attempt === attemptsMax) throw new Error(problem);
    await pause(retryMs);
  }
}
