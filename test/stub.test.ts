import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

/** Makes this Node say that it is an old one, as the stub asks. */
const asOldNode = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`;

/** Stands for Holdfast: says what reached it, and ends as it is told. */
const program = `export async function main() {
  const [end, ...words] = process.argv.slice(2);
  const told = new Promise((resolve) => process.once('SIGTERM', resolve));
  process.stdout.write(JSON.stringify({ words, cwd: process.cwd(), node: process.versions.node }) + '\\n');
  if (end !== 'wait') process.exit(Number(end));
  const timer = setInterval(() => {}, 1000);
  await told;
  clearInterval(timer);
  process.exitCode = 130;
}`;

describe('started by a Node that is too old', () => {
  let checkout = '';
  let elsewhere = '';
  beforeEach(() => {
    checkout = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-stub-')));
    elsewhere = join(checkout, 'elsewhere');
    for (const folder of ['bin', 'dist', 'elsewhere']) mkdirSync(join(checkout, folder));
    writeFileSync(join(checkout, 'package.json'), '{"type":"module"}');
    writeFileSync(join(checkout, 'dist', 'main.js'), program);
    writeFileSync(join(checkout, 'old.cjs'), asOldNode);
    copyFileSync(stub, join(checkout, 'bin', 'holdfast.js'));
    symlinkSync(join(checkout, 'bin', 'holdfast.js'), join(elsewhere, 'kubectl-holdfast'));
  });
  afterEach(() => rmSync(checkout, { recursive: true }));

  function bringNode(): void {
    mkdirSync(join(checkout, 'node_modules', 'node', 'bin'), { recursive: true });
    symlinkSync(process.execPath, join(checkout, 'node_modules', 'node', 'bin', 'node'));
  }

  const startWords = (...words: readonly string[]): readonly string[] => [
    '--require',
    join(checkout, 'old.cjs'),
    join(elsewhere, 'kubectl-holdfast'),
    ...words,
  ];

  it("runs by the checkout's own Node, through a link and from any folder, and hands on its status", () => {
    bringNode();
    const { status, stdout } = spawnSync(process.execPath, startWords('7', 'images', 'a b'), {
      cwd: elsewhere,
      encoding: 'utf8',
    });
    assert.deepEqual(JSON.parse(stdout), {
      words: ['images', 'a b'],
      cwd: elsewhere,
      node: process.versions.node,
    });
    assert.equal(status, 7);
  });

  it('hands a signal on, and waits for what comes of it', async () => {
    bringNode();
    const child = spawn(process.execPath, startWords('wait'), { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    assert.equal(code, 130);
  });

  it('says what it needs where there is no other', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, startWords('0'), { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^holdfast: needs Node 22\.18 or newer, this is v.*\n {2}hint: .*npm ci/);
  });
});

describe('started as kubectl-holdfast', () => {
  it('is called in its help what kubectl calls it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-plugin-'));
    const plugin = join(folder, 'kubectl-holdfast');
    symlinkSync(stub, plugin);
    const { stdout } = spawnSync(process.execPath, [plugin, 'skew', '--help'], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    assert.match(stdout, /^Usage: kubectl holdfast skew /);
  });
});
