import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deployment } from './pinning-house.ts';

const program = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const fullDevice = '/dev/full';

describe('standard output', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-output-'));
    writeFileSync(join(folder, 'a.yaml'), deployment('nginx:1.27', 'nginx:latest'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function run(words: readonly string[], stdout: number | 'pipe') {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: folder,
      stdio: ['ignore', stdout, 'pipe'],
    });
    // A reader that goes before anything was written.
    child.stdout?.destroy();
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [code] = await once(child, 'close');
    return { code, stderr };
  }

  const commandLines: readonly (readonly string[])[] = [
    ['images', '.'],
    ['images', '.', '-o', 'json'],
    ['check', '.', '--offline'],
    ['completion', 'bash'],
    ['--help'],
  ];
  for (const words of commandLines) {
    const skip = existsSync(fullDevice) ? false : `no ${fullDevice} here`;
    it(`on a full disk is an answer that nobody got: ${words.join(' ')}`, { skip }, async () => {
      const disk = openSync(fullDevice, 'w');
      const { code, stderr } = await run(words, disk);
      closeSync(disk);
      assert.equal(stderr, 'holdfast: cannot write to standard output: no space left on device\n');
      assert.equal(code, 3);
    });

    it(`whose reader has gone ends it without a word: ${words.join(' ')}`, async () => {
      assert.deepEqual(await run(words, 'pipe'), { code: 141, stderr: '' });
    });
  }
});
