import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { images, listImages, makeTree, product } from './images-of-tree.ts';
import { findTool } from './tools.ts';

const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

describe('holdfast images: Git', { skip: findTool('git').missing }, () => {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };

  function repository(): string {
    const cwd = makeTree({
      ...product,
      'holdfast.yaml': 'version: 1\nimages: {exclude: [{file: chart/**}]}\n',
    });
    const git = (...words: string[]): unknown =>
      execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=a@b', ...words], { cwd, env });
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    git('tag', 'v1');
    writeFileSync(join(cwd, 'images.txt'), 'changed:1\n');
    return cwd;
  }

  it('reads a commit, with its own rules', async () => {
    const cwd = repository();
    for (const path of ['.@v1', `${cwd}@HEAD`, `file://${cwd}@v1`]) {
      const { stdout } = await images([path, '-o', 'name'], { cwd, env });
      assert.match(stdout, /pause:3\.10/, path);
      assert.doesNotMatch(stdout, /changed|ghcr/, path);
    }
  });

  it('reads a path in a commit', async () => {
    const { images: found } = await listImages(['.@v1//base'], { cwd: repository(), env });
    assert.deepEqual(
      found.map(({ file }) => file),
      ['web.yaml', 'web.yaml'],
    );
  });

  it('prefers a folder that is really called so', async () => {
    const cwd = makeTree({ 'team@prod/a.yaml': 'image: nginx:1\n' });
    const { stdout } = await images(['team@prod', '-o', 'name'], { cwd, env });
    assert.equal(stdout, 'nginx:1\n');
  });

  const refused: readonly { name: string; path: string; status: number; says: RegExp }[] = [
    { name: 'an unknown ref', path: '.@nope', status: 3, says: /has no branch, tag or commit "nope"/ },
    {
      name: 'a ref that looks like an option',
      path: '.@--output=x',
      status: 2,
      says: /is no name of a branch/,
    },
    { name: 'a transport that runs programs', path: 'ext::sh -c id', status: 3, says: /no such file/ },
  ];
  for (const { name, path, status, says } of refused) {
    it(`refuses ${name}`, async () => {
      const outcome = await images([path], { cwd: repository(), env });
      assert.match(outcome.stderr, says);
      assert.equal(outcome.status, status);
    });
  }
});

describe('holdfast images: as a process', () => {
  it('ends quietly when nobody reads on', async () => {
    const lines = Array.from({ length: 50_000 }, (_, index) => `registry.example.com/org/app:v${index}`);
    const child = spawn(process.execPath, [stub, 'images', 'images.txt'], {
      cwd: makeTree({ 'images.txt': lines.join('\n') }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [status] = await once(child, 'close');
    assert.equal(stderr.replaceAll(/holdfast: read.*\n/g, ''), '');
    assert.equal(status, 141);
  });

  it('removes its temporary folder on Ctrl-C', { skip: findTool('git').missing }, async () => {
    const temporary = makeTree({});
    // A server that never answers: git waits, and so do we, until somebody presses Ctrl-C.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = spawn(process.execPath, [stub, 'images', `http://127.0.0.1:${port}/org/repo@v1`], {
      env: { ...process.env, TMPDIR: temporary, GIT_CONFIG_NOSYSTEM: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(server, 'request');
    assert.equal(readdirSync(temporary).filter((name) => name.startsWith('holdfast-git-')).length, 1);
    child.kill('SIGINT');
    const [status] = await once(child, 'close');
    server.closeAllConnections();
    server.close();
    assert.equal(status, 130);
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name.startsWith('holdfast-git-')),
      [],
    );
  });
});
