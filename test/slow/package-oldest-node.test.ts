import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installPacked } from '../packed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest: { engines: { node: string } } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const oldest = `${manifest.engines.node.replace('>=', '')}.0`;

/** The oldest Node that package.json promises, from npm, kept in the user's cache folder. */
function installOldestNode(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'holdfast', `node-${oldest}`);
  // What the package `node` fetches in its install script: the program for this system, and nothing else.
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const words = ['install', '--prefix', folder, '--no-save', `${name}@${oldest}`];
    execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder });
  }
  return program;
}

describe(`the built package on Node ${oldest}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-oldest-node-'));
  let node = '';
  let stub = '';
  before(() => {
    node = installOldestNode();
    stub = installPacked(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function holdfast(...words: readonly string[]): string {
    return execFileSync(node, [stub, ...words], {
      encoding: 'utf8',
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  it('runs on that Node and no other', () => {
    assert.equal(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(), `v${oldest}`);
  });

  it('says its version without a warning of Node', () => {
    const both = execFileSync('sh', ['-c', `"${node}" "${stub}" --version 2>&1`], { encoding: 'utf8' });
    assert.match(both, /^holdfast \d+\.\d+\.\d+\n$/);
  });

  it('tells the whole story of the demo: registry, ledger, skew, lock, pin and check', () => {
    const text = holdfast('demo', '--once');
    assert.match(text, /moved once/);
    assert.match(text, /The failing pods are exactly those of node node-2/);
    assert.match(text, /changed 5 image fields in 4 files/);
    assert.doesNotMatch(text, /Warning/);
  });

  it('prints every format of findings', () => {
    for (const format of ['yaml', 'sarif', 'junit', 'github', 'markdown']) {
      const text = holdfast(
        'check',
        join(root, 'package.json'),
        '--offline',
        '--no-ledger',
        '--output',
        format,
      );
      assert.equal(typeof text, 'string');
    }
  });
});
