/**
 * Removes the nodes of a test run that was killed, which runs no hooks: a process beside it, whose standard input
 * ends with the run, however that ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { removeNodesOf } from './node-folder.ts';

/** Each waits some seconds for containers to end, which on a busy machine take longer. */
const attemptsMax = 10;

let isGuarded = false;

/** Starts it, once. It holds up nobody's end. */
export function guardNodes(): void {
  if (isGuarded) return;
  isGuarded = true;
  const guard = spawn(process.execPath, [fileURLToPath(import.meta.url), String(process.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  const { stdin } = guard;
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdin.resume();
  await once(process.stdin, 'end');
  // Dead, though whoever started it may not have noticed yet: until then the system counts it among the living.
  const maker = Number(process.argv[2]);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const isDone = await removeNodesOf((pid) => pid === maker).then(
      () => true,
      () => false,
    );
    if (isDone) break;
  }
}
