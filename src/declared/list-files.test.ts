import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { listFiles } from './list-files.ts';

describe('listFiles', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-list-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A tree of its own for one test: names that end in `/` are folders. */
  function tree(name: string, files: readonly string[]): string {
    const root = join(folder, name);
    mkdirSync(root);
    for (const file of files) {
      mkdirSync(join(root, file.endsWith('/') ? file : dirname(file)), { recursive: true });
      if (!file.endsWith('/')) writeFileSync(join(root, file), 'a: 1\n');
    }
    return root;
  }

  async function list(root: string, isExcluded = (_file: string): boolean => false): Promise<string[]> {
    const lines: string[] = [];
    for await (const listed of listFiles(root, isExcluded)) {
      if (listed.kind === 'file') lines.push(listed.file);
      if (listed.kind === 'problem') lines.push(`${listed.problem.code} ${listed.file}`);
    }
    return lines;
  }

  it('lists manifest files in the order of their paths, whatever the folders', async () => {
    const root = tree('order', ['a/z.yaml', 'a-b.yaml', 'a.yaml', 'B.yml', 'a/b/c.json', '.github/x.yaml']);
    const found = await list(root);
    assert.deepEqual(found, found.toSorted());
    assert.deepEqual(found, ['.github/x.yaml', 'B.yml', 'a-b.yaml', 'a.yaml', 'a/b/c.json', 'a/z.yaml']);
  });

  it('takes files by their names, and leaves out those that never hold manifests', async () => {
    const taken = ['Kustomization', 'images.txt', 'c/templates/_helpers.tpl', 'v.yaml.gotmpl'];
    const left = ['README.md', 'notes.txt', 'package.json', 'pnpm-lock.yaml', 'holdfast.yaml', 'Dockerfile'];
    assert.deepEqual(await list(tree('names', [...taken, ...left])), taken.toSorted());
  });

  it('does not enter bookkeeping and copies, and says so where a person may wonder', async () => {
    const copies = ['.git/a.yaml', 'node_modules/p/a.yaml', 'vendor/a.yaml', 'vendor/modules.txt'];
    const root = tree('skipped', [...copies, 'x/vendor/a.yaml']);
    assert.deepEqual(await list(root), ['VENDOR_NOT_READ vendor', 'x/vendor/a.yaml']);
  });

  it('does not open an excluded folder', async () => {
    const root = tree('excluded', ['testdata/a.yaml', 'a.yaml']);
    assert.deepEqual(await list(root, (file) => file === 'testdata/'), ['a.yaml']);
  });

  it('meets every file once where links run in circles', async () => {
    const root = tree('circle', ['a/x.yaml']);
    symlinkSync('..', join(root, 'a', 'up'));
    symlinkSync('a', join(root, 'b'));
    symlinkSync('a/x.yaml', join(root, 'y.yaml'));
    assert.deepEqual(await list(root), ['a/x.yaml']);
  });

  it('reads through a link to a file that has no manifest name of its own', async () => {
    const root = tree('link', ['real.v2']);
    symlinkSync('real.v2', join(root, 'a.yaml'));
    assert.deepEqual(await list(root), ['a.yaml']);
  });

  it('does not follow a link that leads out, and says so', async () => {
    tree('elsewhere', ['secret.yaml']);
    const root = tree('out', ['a.yaml']);
    symlinkSync('../elsewhere', join(root, 'folder'));
    symlinkSync('../elsewhere/secret.yaml', join(root, 'file.yaml'));
    assert.deepEqual(await list(root), ['a.yaml', 'LINK_NOT_FOLLOWED file.yaml', 'LINK_NOT_FOLLOWED folder']);
  });

  it('reports links to nothing and to themselves', async () => {
    const root = tree('broken', []);
    symlinkSync('nowhere.yaml', join(root, 'a.yaml'));
    symlinkSync('b.yaml', join(root, 'b.yaml'));
    symlinkSync('nowhere', join(root, 'not-a-manifest'));
    assert.deepEqual(await list(root), ['LINK_BROKEN a.yaml', 'LINK_BROKEN b.yaml']);
  });

  it('does not open a socket that has the name of a file', async () => {
    const root = tree('socket', ['b.yaml']);
    const server = createServer().listen(join(root, 'a.yaml'));
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      assert.deepEqual(await list(root), ['FILE_NOT_REGULAR a.yaml', 'b.yaml']);
    } finally {
      server.close();
    }
  });

  it('reports a folder that cannot be opened, and goes on', async () => {
    const root = tree('closed', ['a/x.yaml', 'b.yaml']);
    chmodSync(folder, 0o755);
    chmodSync(join(root, 'a'), 0);
    const found = await withoutRoot(() => list(root));
    chmodSync(join(root, 'a'), 0o755);
    assert.deepEqual(found, ['FOLDER_UNREADABLE a', 'b.yaml']);
  });

  it('stops when asked', async () => {
    const root = tree('stopped', ['a.yaml']);
    const stop = new AbortController();
    stop.abort();
    await assert.rejects(
      async () => {
        for await (const _ of listFiles(root, () => false, stop.signal)) assert.fail('listed something');
      },
      { name: 'AbortError' },
    );
  });
});

/** Root may open every folder; where we are root, be nobody for a moment. */
async function withoutRoot<Value>(call: () => Promise<Value>): Promise<Value> {
  if (process.geteuid?.() !== 0) return call();
  process.seteuid?.(65534);
  try {
    return await call();
  } finally {
    process.seteuid?.(0);
  }
}
