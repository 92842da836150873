/**
 * Removes the nodes of a test run that was killed, which runs no hooks: a process beside it, whose standard input
 * ends with the run, however that ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { removeLostNodes } from './node-folder.ts';

let isGuarded = false;

/** Starts it, once. It holds up nobody's end. */
export function guardNodes(): void {
  if (isGuarded) return;
  isGuarded = true;
  const guard = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
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
  await removeLostNodes();
}
