import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const mount = '/sys/fs/cgroup/memory';
const limitBytes = 512 * 1024 * 1024;

/** For each line it reads: holds so many MiB more, looks, and says what it saw. */
const program = `
  import { createInterface } from 'node:readline';
  import { silentLog } from '${fileURLToPath(new URL('../../src/log.ts', import.meta.url))}';
  import { watchMemory } from '${fileURLToPath(new URL('../../src/memory/memory-watch.ts', import.meta.url))}';
  import { systemTiming } from '${fileURLToPath(new URL('../../src/timing.ts', import.meta.url))}';
  const held = [];
  let watch;
  for await (const line of createInterface({ input: process.stdin })) {
    held.push(Buffer.alloc(Number(line) * 1024 * 1024, 1));
    watch ??= watchMemory({
      root: '/', usedBytes: () => process.memoryUsage.rss(), timing: systemTiming, log: silentLog,
    });
    console.log(JSON.stringify({ ...watch.measure(), mayStart: [0, 1].map((running) => watch.admitScan(running).kind === 'admitted') }));
  }
  watch?.close();
`;

it('the limit of a real cgroup v1 is seen, and scans are put off near it', {
  skip: missing(),
}, async (context) => {
  const child = startInCgroup(context);
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const hold = async (mebibytes: number) => {
    child.stdin?.write(`${mebibytes}\n`);
    const { value } = await lines.next();
    return JSON.parse(value ?? '{}');
  };
  const first = await hold(0);
  assert.deepEqual([first.limitBytes, first.level, first.mayStart], [limitBytes, 'normal', [true, true]]);
  const toHigh = Math.ceil((0.82 * limitBytes - first.usedBytes) / 1024 / 1024);
  const high = await hold(toHigh);
  assert.deepEqual([high.level, high.mayStart], ['high', [true, false]]);
  const critical = await hold(Math.ceil((0.92 * limitBytes - high.usedBytes) / 1024 / 1024));
  assert.deepEqual([critical.level, critical.mayStart], ['critical', [false, false]]);
  // One step more, and the kernel ends it: the limit is the real one.
  child.stdin?.write('200\n');
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL');
});

function startInCgroup(context: TestContext): ChildProcess {
  const group = `${mount}/holdfast-test-${process.pid}`;
  mkdirSync(group);
  writeFileSync(`${group}/memory.limit_in_bytes`, String(limitBytes));
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  context.after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmdirSync(group);
  });
  writeFileSync(`${group}/cgroup.procs`, String(child.pid));
  return child;
}

/** Only root can make a cgroup, and only where the memory controller is cgroup v1's. */
function missing(): false | string {
  try {
    accessSync(mount, constants.W_OK);
    return false;
  } catch {
    const reason = `no writable ${mount}: needs root and cgroup v1`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    return reason;
  }
}
