import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { version } from '../src/version.ts';
import { installPacked } from './packed.ts';

/** A kubeconfig of a server that nobody can reach; YAML reads JSON too. */
const unreachableCluster = {
  'current-context': 'away',
  contexts: [{ name: 'away', context: { cluster: 'away', user: 'nobody' } }],
  clusters: [{ name: 'away', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'nobody', user: {} }],
};

describe('the built package, installed into an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
  let stub = '';
  before(() => {
    stub = installPacked(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('installs nothing beside itself', () => {
    assert.deepEqual(
      readdirSync(join(folder, 'home', 'node_modules')).filter((name) => !name.startsWith('.')),
      ['holdfast'],
    );
  });

  it('brings the bundle and the licences in it, and no sources', () => {
    const home = join(stub, '..', '..');
    assert.ok(existsSync(join(home, 'dist', 'THIRD-PARTY-NOTICES.txt')));
    assert.ok(!existsSync(join(home, 'src')));
  });

  it('links holdfast and kubectl-holdfast', () => {
    for (const name of ['holdfast', 'kubectl-holdfast']) {
      const linked = join(folder, 'home', 'node_modules', '.bin', name);
      const path = `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}`;
      assert.equal(
        execFileSync(linked, ['--version'], { encoding: 'utf8', env: { PATH: path } }),
        `holdfast ${version}\n`,
      );
    }
  });

  it('finds image fields', () => {
    const input = 'kind: Pod\napiVersion: v1\nspec: {containers: [{name: a, image: nginx:1.25.3}]}\n';
    const text = execFileSync(process.execPath, [stub, 'images', '-', '--output', 'json'], {
      input,
      encoding: 'utf8',
    });
    const [image] = JSON.parse(text).images as { reference: string; pointer: string }[];
    assert.equal(image?.reference, 'nginx:1.25.3');
    assert.equal(image?.pointer, '/spec/containers/0/image');
  });

  it('finds libraries that it loads late', () => {
    const run = (...words: string[]) =>
      execFileSync(process.execPath, [stub, ...words], { input: 'image: nginx:1.25.3\n', encoding: 'utf8' });
    assert.match(
      run('images', '-', '--output', 'yaml', '--min-confidence', 'possible'),
      /reference: nginx:1\.25\.3/,
    );
    const unreachable = spawnSync(process.execPath, [stub, 'resolve', '127.0.0.1:1/app:1.0'], {
      encoding: 'utf8',
    });
    assert.match(unreachable.stderr + unreachable.stdout, /ECONNREFUSED|connection refused/i);
  });

  it('starts a controller, which waits for a cluster that is away', async () => {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(unreachableCluster));
    const words = ['--storage-path', folder, '--metrics-addr=127.0.0.1:0', '--health-addr=127.0.0.1:0'];
    const controller = spawn(process.execPath, [stub, 'controller', ...words], {
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(controller, 'exit');
    let said = '';
    for await (const line of createInterface(controller.stderr)) {
      said += `${line}\n`;
      if (line.includes('"msg":"starting"')) controller.kill('SIGTERM');
    }
    assert.deepEqual(await ended, [0, null], said);
  });
});
