import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { manualTiming } from '../../test/manual-timing.ts';
import { silentLog } from '../log.ts';
import { judgeMemory, type MemoryLevel, mayStartScan } from './memory-level.ts';
import { readMemoryLimit } from './memory-limit.ts';
import { type MemoryState, watchMemory } from './memory-watch.ts';

type Files = Readonly<Record<string, string>>;

async function rootWith(context: TestContext, files: Files): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-cgroup-'));
  context.after(() => rm(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeUnder(root, name, text);
  return root;
}

async function writeUnder(root: string, name: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), text);
}

const v1 = '12:cpu,cpuacct:/kubepods/pod1/app\n5:memory:/kubepods/pod1/app\n0::/\n';
const mib = 1024 * 1024;

describe('the memory limit', () => {
  const cases: readonly { name: string; given: Files; expected: number | undefined }[] = [
    { name: 'is none where there are no cgroups', given: {}, expected: undefined },
    {
      name: 'is that of a container with cgroup v2',
      given: { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': '536870912\n' },
      expected: 512 * mib,
    },
    {
      name: 'is none where cgroup v2 says max',
      given: { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': 'max\n' },
      expected: undefined,
    },
    {
      name: 'is the smallest of those around the process',
      given: {
        'proc/self/cgroup': '0::/system.slice/holdfast.service\n',
        'sys/fs/cgroup/system.slice/holdfast.service/memory.max': 'max\n',
        'sys/fs/cgroup/system.slice/memory.max': '1048576\n',
        'sys/fs/cgroup/memory.max': '2097152\n',
      },
      expected: mib,
    },
    {
      name: 'is that of the cgroup v1 the process is in',
      given: {
        'proc/self/cgroup': v1,
        'sys/fs/cgroup/memory/kubepods/pod1/app/memory.limit_in_bytes': '67108864\n',
        'sys/fs/cgroup/memory/kubepods/memory.limit_in_bytes': '9223372036854771712\n',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      },
      expected: 64 * mib,
    },
    {
      name: 'is that of the mount in a container with cgroup v1, whose path is the host’s',
      given: { 'proc/self/cgroup': v1, 'sys/fs/cgroup/memory/memory.limit_in_bytes': '67108864\n' },
      expected: 64 * mib,
    },
    {
      name: 'is none where the files hold garbage',
      given: { 'proc/self/cgroup': 'x\n0::/\n::::', 'sys/fs/cgroup/memory.max': '-12e3 bytes' },
      expected: undefined,
    },
    {
      name: 'is looked for nowhere else by a path that climbs',
      given: {
        'proc/self/cgroup': '0::/../../other\n',
        'sys/fs/cgroup/other/memory.max': '4096\n',
        'other/memory.max': '1\n',
      },
      expected: 4096,
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, async (context) => assert.equal(readMemoryLimit(await rootWith(context, given)), expected));
  }
});

describe('the memory level', () => {
  const cases: readonly { name: string; given: readonly number[]; expected: readonly MemoryLevel[] }[] = [
    {
      name: 'rises at 80 and 90 %',
      given: [0.1, 0.799, 0.8, 0.899, 0.9, 1.2],
      expected: ['normal', 'normal', 'high', 'high', 'critical', 'critical'],
    },
    {
      name: 'falls later than it rose',
      given: [0.95, 0.86, 0.84, 0.76, 0.74, 0.79],
      expected: ['critical', 'critical', 'high', 'high', 'normal', 'normal'],
    },
    {
      name: 'falls at once where memory is free again',
      given: [0.95, 0.2],
      expected: ['critical', 'normal'],
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => {
      let level: MemoryLevel = 'normal';
      const levels = given.map((part) => {
        level = judgeMemory(level, part);
        return level;
      });
      assert.deepEqual(levels, expected);
    });
  }

  it('lets scans start freely, one at a time, or not at all', () => {
    const may = (level: MemoryLevel) => [0, 1, 4].map((running) => mayStartScan(level, running));
    assert.deepEqual(may('normal'), [true, true, true]);
    assert.deepEqual(may('high'), [true, false, false]);
    assert.deepEqual(may('critical'), [false, false, false]);
  });
});

describe('the watch of memory', () => {
  it('tells each change of the level once, and asks before a scan starts', async (context) => {
    const root = await rootWith(context, {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '1000\n',
    });
    const timing = manualTiming();
    const told: MemoryState[] = [];
    let usedBytes = 100;
    let looks = 0;
    const watch = watchMemory({
      root,
      usedBytes: () => usedBytes,
      onLevel: (state) => told.push(state),
      onMeasure: () => {
        looks += 1;
      },
      timing,
      log: silentLog,
    });
    await timing.advance(20_000);
    assert.deepEqual([looks, told], [5, []]);
    usedBytes = 850;
    // Scans that begin together share a look.
    assert.deepEqual([watch.admitScan(1), looks], [{ kind: 'admitted' }, 5]);
    await timing.advance(100);
    assert.deepEqual([watch.admitScan(0), looks], [{ kind: 'admitted' }, 6]);
    assert.deepEqual(watch.admitScan(1), {
      kind: 'put-off',
      because: 'memory is at 85 % of its limit of 0 MiB',
    });
    await timing.advance(60_000);
    assert.deepEqual(told, [{ usedBytes: 850, limitBytes: 1000, level: 'high' }]);
    // The pod is given more while it runs.
    await writeUnder(root, 'sys/fs/cgroup/memory.max', '2000\n');
    await timing.advance(5000);
    assert.deepEqual(told[1], { usedBytes: 850, limitBytes: 2000, level: 'normal' });
    watch.close();
    assert.equal(timing.nextInMs(), undefined);
  });

  it('frees memory before it puts work off, and not at every question', async (context) => {
    const root = await rootWith(context, {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '1000\n',
    });
    const timing = manualTiming();
    let usedBytes = 950;
    let freed = 0;
    const watch = watchMemory({
      root,
      usedBytes: () => usedBytes,
      reclaim() {
        freed += 1;
        usedBytes -= 30;
      },
      timing,
      log: silentLog,
    });
    assert.equal(watch.admitScan(0).kind, 'put-off');
    assert.equal(watch.admitScan(0).kind, 'put-off');
    assert.equal(freed, 1);
    usedBytes = 870;
    await timing.advance(10_000);
    assert.equal(watch.admitScan(0).kind, 'admitted', 'what was freed was enough');
    assert.equal(freed, 2);
    watch.close();
  });

  it('is content where nothing limits the memory', async (context) => {
    const root = await rootWith(context, {});
    const watch = watchMemory({ root, usedBytes: () => 1e12, timing: manualTiming(), log: silentLog });
    assert.deepEqual(watch.measure(), { usedBytes: 1e12, limitBytes: undefined, level: 'normal' });
    assert.deepEqual(watch.admitScan(100), { kind: 'admitted' });
  });
});
