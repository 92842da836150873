import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { digest, images, listImages, makeTree, product } from './images-of-tree.ts';

const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

describe('holdfast images: what it prints', () => {
  it('a table that reads like kubectl’s', async () => {
    const { status, stdout, stderr } = await images(['.'], { cwd: makeTree(product) });
    assert.deepEqual(stdout.split('\n'), [
      'REFERENCE                      FILE:LINE                      OBJECT           FORM',
      'busybox@sha256:0123456789ab…   base/web.yaml:11               Deployment/web   string',
      'nginx:1.25                     base/web.yaml:14               Deployment/web   string',
      'ghcr.io/org/app:v1.2           chart/values.yaml:2            -                split, likely',
      'registry.k8s.io/pause:3.10     images.txt:1                   -                text, likely',
      'nginx:1.25                     images.txt:2                   -                text, likely',
      'nginx:1.27                     overlay/kustomization.yaml:7   Kustomization    kustomize',
      '',
    ]);
    assert.deepEqual(stderr.split('\n'), [
      'holdfast: note: chart/Chart.yaml: templates were read as text, values not filled in: helm is not installed, or not in PATH',
      '  hint: make helm template FOLDER work here to see what they render to, or ask for --render none',
      'holdfast: note: overlay/kustomization.yaml:5: images of https://example.com/base.yaml are not listed: that is elsewhere',
      '  hint: with --render kustomize it is fetched',
      '',
    ]);
    assert.equal(status, 0);
  });

  it('JSON with the promised keys, absence as null', async () => {
    const { images: found, problems } = await listImages(['base/web.yaml'], { cwd: makeTree(product) });
    assert.deepEqual(problems, []);
    assert.deepEqual(found[1], {
      reference: 'nginx:1.25',
      normalized: 'docker.io/library/nginx:1.25',
      file: 'web.yaml',
      document: 0,
      pointer: '/spec/template/spec/containers/0/image',
      line: 14,
      column: 18,
      form: 'string',
      confidence: 'certain',
      object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
      foundBy: 'pod-spec',
    });
    const [value] = (await listImages(['chart/values.yaml'], { cwd: makeTree(product) })).images;
    assert.equal(value?.['object'], null);
  });

  it('JSON and YAML that say the same, also of nothing', async () => {
    const { parse } = await import('yaml');
    for (const files of [product, {}]) {
      const cwd = makeTree(files);
      const { stdout } = await images(['.', '-o', 'yaml'], { cwd });
      assert.deepEqual(parse(stdout), await listImages(['.'], { cwd }));
    }
  });

  it('JSON laid out as JSON.stringify does', async () => {
    const { stdout } = await images(['.', '-o', 'json'], { cwd: makeTree(product) });
    assert.equal(stdout, `${JSON.stringify(JSON.parse(stdout), undefined, 2)}\n`);
  });

  it('names, each once, whole, for scripts', async () => {
    const { stdout } = await images(['.', '-o', 'name'], { cwd: makeTree(product) });
    assert.deepEqual(stdout.split('\n'), [
      `busybox@${digest}`,
      'nginx:1.25',
      'ghcr.io/org/app:v1.2',
      'registry.k8s.io/pause:3.10',
      'nginx:1.27',
      '',
    ]);
  });

  it('each reference once, and in how many places', async () => {
    const { stdout } = await images(['.', '--unique'], { cwd: makeTree(product) });
    assert.match(stdout, /^nginx:1\.25 +base\/web\.yaml:14 and 1 more +Deployment\/web/m);
    const unique = await listImages(['.', '--unique'], { cwd: makeTree(product) });
    assert.deepEqual(
      unique.images.map(({ places }) => places),
      [1, 2, 1, 1, 1],
    );
  });

  it('only what is sure enough', async () => {
    const { stdout } = await images(['.', '-o', 'name', '--min-confidence', 'certain'], {
      cwd: makeTree(product),
    });
    assert.deepEqual(stdout.split('\n'), [`busybox@${digest}`, 'nginx:1.25', 'nginx:1.27', '']);
  });

  it('the wide table with whole digests and pointers', async () => {
    const { stdout } = await images(['base', '-o', 'wide'], { cwd: makeTree(product) });
    assert.match(stdout, new RegExp(`busybox@${digest} .* /spec/template/spec/initContainers/0/image$`, 'm'));
  });

  it('columns that keep their widths over thousands of rows', async () => {
    const lines = Array.from({ length: 2500 }, (_, index) => `registry.example.com/org/app:v${index}`);
    const { stdout } = await images(['images.txt'], { cwd: makeTree({ 'images.txt': lines.join('\n') }) });
    const rows = stdout.trimEnd().split('\n');
    assert.equal(rows.length, 2501);
    assert.equal(new Set(rows.slice(1000).map((row) => row.indexOf('images.txt:'))).size, 1);
  });

  it('how often a problem occurs instead of a screen full of it', async () => {
    const files = Array.from({ length: 9 }, (_, index) => [`${index}.yaml`, 'a: [\n']);
    const { stderr, status } = await images(['.'], { cwd: makeTree(Object.fromEntries(files)) });
    assert.equal(stderr.match(/not YAML/g)?.length, 5);
    assert.match(stderr, /and 4 more like it/);
    assert.equal(status, 3);
  });
});

describe('holdfast images: where it looks', () => {
  it('reads standard input', async () => {
    const { images: found } = await listImages(['-'], { stdin: 'image: nginx:1.25\n' });
    assert.deepEqual(
      found.map(({ file, reference }) => [file, reference]),
      [['-', 'nginx:1.25']],
    );
  });

  it('takes paths as kubectl does', async () => {
    const { stdout } = await images(['-R', '-f', 'base', '-f', 'images.txt', '-o', 'name'], {
      cwd: makeTree(product),
    });
    assert.deepEqual(stdout.split('\n').slice(0, 3), [
      `busybox@${digest}`,
      'nginx:1.25',
      'registry.k8s.io/pause:3.10',
    ]);
  });

  it('reads what a shell pipes in by a name', async () => {
    const words = `"${process.execPath}" "${stub}" images <(echo "image: nginx:1") -o name`;
    const stdout = execFileSync('bash', ['-c', words], { encoding: 'utf8' });
    assert.equal(stdout, 'nginx:1\n');
  });

  it('reads a file of any name that is named itself', async () => {
    const { stdout } = await images(['pods.txt', '-o', 'name'], {
      cwd: makeTree({ 'pods.txt': 'kind: Pod\napiVersion: v1\nspec: {containers: [{image: "nginx:1"}]}\n' }),
    });
    assert.equal(stdout, 'nginx:1\n');
  });

  it('obeys holdfast.yaml, from below it too', async () => {
    const cwd = makeTree({
      ...product,
      '.git/HEAD': '',
      'holdfast.yaml':
        'version: 1\nimages:\n  paths: [spec.runner.base]\n  exclude:\n    - file: chart/**\n    - reference: busybox@*\n',
      'base/runner.yaml': 'apiVersion: example.org/v1\nkind: Runner\nspec:\n  runner: {base: "org/box:1"}\n',
    });
    const { stdout } = await images(['.', '-o', 'name'], { cwd });
    assert.deepEqual(stdout.split('\n'), [
      'org/box:1',
      'nginx:1.25',
      'registry.k8s.io/pause:3.10',
      'nginx:1.27',
      '',
    ]);
    const below = await images(['.', '-o', 'name'], { cwd: join(cwd, 'base') });
    assert.equal(below.stdout, 'org/box:1\nnginx:1.25\n');
  });

  it('takes rules from another file where told', async () => {
    const cwd = makeTree({ ...product, 'rules.yaml': 'version: 1\nimages: {exclude: [{file: base/**}]}\n' });
    const { stdout } = await images(['.', '-o', 'name', '--config', 'rules.yaml'], { cwd });
    assert.doesNotMatch(stdout, /busybox/);
  });

  it('lists what helm renders, besides the files', async () => {
    // What helm does is not tested here: only how it is called, and what becomes of its output.
    const bin = makeTree({ helm: '#!/bin/sh\necho "image: $1/$(/usr/bin/basename $2):1"\n' });
    chmodSync(join(bin, 'helm'), 0o755);
    const cwd = makeTree(product);
    const { stdout } = await images(['chart'], { cwd, env: { PATH: bin } });
    assert.match(stdout, /^template\/chart:1 +\. \(helm template\):1/m);
    assert.match(stdout, /^ghcr\.io\/org\/app:v1\.2 +values\.yaml:2/m);
    const none = await images(['chart', '--render', 'none', '-o', 'name'], { cwd, env: { PATH: bin } });
    assert.equal(none.stdout, 'ghcr.io/org/app:v1.2\n');
  });

  it('renders the kustomizations that no other one takes in', async () => {
    const bin = makeTree({ kubectl: '#!/bin/sh\necho "image: $1/$(/usr/bin/basename $2):1"\n' });
    chmodSync(join(bin, 'kubectl'), 0o755);
    const cwd = makeTree({
      'base/kustomization.yaml': 'resources: []\n',
      'part/kustomization.yaml': 'kind: Component\n',
      'prod/kustomization.yml': 'resources:\n  - ../base/\ncomponents: [../part]\n',
    });
    const { stdout } = await images(['.', '--render', 'kustomize', '-o', 'name'], {
      cwd,
      env: { PATH: bin },
    });
    assert.equal(stdout, 'kustomize/prod:1\n');
  });

  it('says when rendering that was asked for failed, and lists the files all the same', async () => {
    const bin = makeTree({ helm: '#!/bin/sh\necho "Error: no such\nthing" >&2\nexit 1\n' });
    chmodSync(join(bin, 'helm'), 0o755);
    const asked = await images(['chart', '--render', 'helm'], { cwd: makeTree(product), env: { PATH: bin } });
    assert.match(asked.stderr, /warning: \. \(helm template\): helm template: no such thing/);
    assert.match(asked.stdout, /ghcr\.io\/org\/app/);
    assert.equal(asked.status, 3);
    const missing = await images(['chart', '--render', 'helm'], { cwd: makeTree(product) });
    assert.match(missing.stderr, /helm is not installed/);
    assert.equal(missing.status, 3);
  });
});
