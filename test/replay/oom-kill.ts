import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const mount = '/sys/fs/cgroup/memory';

/** Less than any controller has: the kernel takes the largest process of a group first. */
const limitBytes = 16 * 1024 * 1024;

const removeRetryMs = 20;
const removeAttemptsMax = 500;

/** Whether processes can be killed by a memory limit here: cgroup v1, and the right to use it. */
function canOomKill(): boolean {
  try {
    accessSync(`${mount}/cgroup.procs`, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Has the kernel kill a process for want of memory: it is put into a group with a limit, beside a program
 * that takes all there is. Where there are no such groups it is killed the ordinary way,
 * and that is printed.
 */
export async function oomKill(pid: number): Promise<void> {
  if (!canOomKill()) {
    process.stderr.write('replay: killed by SIGKILL, for there is no writable memory cgroup (v1) here\n');
    process.kill(pid, 'SIGKILL');
    return;
  }
  const group = `${mount}/holdfast-replay-${process.pid}-${pid}`;
  mkdirSync(group);
  writeFileSync(`${group}/memory.limit_in_bytes`, String(limitBytes));
  writeFileSync(`${group}/cgroup.procs`, String(pid));
  const words = ['-c', 'echo $$ > "$0/cgroup.procs"; exec tail /dev/zero', group];
  const glutton = spawn('/bin/sh', words, { stdio: 'ignore' });
  // It is killed itself once there is nobody larger.
  await once(glutton, 'exit');
  await removeGroup(group);
}

/** The group is busy until the last of a dead process is gone. */
async function removeGroup(group: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (attempt === removeAttemptsMax) throw error;
      await pause(removeRetryMs);
    }
  }
}
