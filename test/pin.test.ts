import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { deployment, openPinningHouse, type PinningHouse } from './pinning-house.ts';
import { findTool, runTool } from './tools.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;

/** A lock file with these references under one digest, and lines added to the last entry. */
function lockOf(references: readonly string[], rest = ''): string {
  const entries = references.map((reference) => `  - reference: ${reference}\n    digest: ${digest}\n`);
  return `version: 1\nimages:\n${entries.join('')}${rest}`;
}

const kustomization =
  'kind: Kustomization\r\nimages:\r\n- name: redis\r\n  newTag: "7"\r\n- name: nginx\r\n  newTag: v1';
const values = 'a:\n  image: {repository: quay.io/o/app, tag: v2, digest: ""}   # odd\n';

describe('holdfast pin and unpin', () => {
  let house: PinningHouse;
  const before: Record<string, string> = {};
  const contents = (): Record<string, string> =>
    Object.fromEntries(Object.keys(before).map((file) => [file, house.read(file)]));

  beforeEach(async () => {
    house = await openPinningHouse();
    house.write('holdfast.lock', lockOf(['nginx:1.25', 'nginx:v1', 'redis:7', 'quay.io/o/app:v2']));
    before['deploy/a.yaml'] = deployment('nginx:1.25 # keep', '"quay.io/o/app:v2"').trimEnd();
    before['deploy/kustomization.yaml'] = kustomization;
    before['deploy/chart/values.yaml'] = values;
    for (const [file, text] of Object.entries(before)) house.write(file, text);
  });
  afterEach(() => house.close());

  it('write the digests of the lock in each form, once, and give the bytes back', async () => {
    const first = await house.run('pin', 'deploy');
    assert.equal(first.status, 0, first.stderr);
    const pinned = contents();
    assert.equal(
      pinned['deploy/a.yaml'],
      deployment(`nginx:1.25@${digest} # keep`, `"quay.io/o/app:v2@${digest}"`).trimEnd(),
    );
    assert.equal(
      pinned['deploy/kustomization.yaml'],
      kustomization.replace('"7"', `"7"\r\n  digest: ${digest}`).concat(`\r\n  digest: ${digest}`),
    );
    assert.equal(pinned['deploy/chart/values.yaml'], values.replace('digest: ""', `digest: "${digest}"`));
    const second = await house.run('pin', 'deploy');
    assert.match(second.stdout, /^nothing to change/);
    assert.deepEqual(contents(), pinned);
    assert.equal((await house.run('unpin', 'deploy')).status, 0);
    assert.deepEqual(contents(), before);
  });

  it('say what was changed, with place and pointer', async () => {
    const { stdout } = await house.run('pin', 'deploy/a.yaml', '-o', 'json');
    const { edits } = JSON.parse(stdout);
    assert.deepEqual(edits[0], {
      file: 'a.yaml',
      path: 'deploy/a.yaml',
      document: 0,
      pointer: '/spec/template/spec/containers/0/image',
      line: 9,
      column: 16,
      from: 'nginx:1.25',
      to: `nginx:1.25@${digest}`,
    });
  });

  it('find a reference that the lock does not know, and pin the others', async () => {
    house.write('deploy/a.yaml', deployment('nginx:1.25', 'nginx:9'));
    const { status, stdout } = await house.run('pin', 'deploy/a.yaml', '-o', 'json');
    assert.equal(status, 1);
    assert.deepEqual(
      JSON.parse(stdout).findings.map((one: { rule: string; line: number }) => [one.rule, one.line]),
      [['not-in-lock', 11]],
    );
    assert.equal(house.read('deploy/a.yaml'), deployment(`nginx:1.25@${digest}`, 'nginx:9'));
  });

  it('leave a digest alone that somebody else wrote, and call it a contradiction', async () => {
    const text = deployment(`nginx:1.25@${other}`);
    house.write('deploy/a.yaml', text);
    const pinned = await house.run('pin', 'deploy/a.yaml');
    assert.equal(pinned.status, 1);
    assert.match(pinned.stdout, /lock-contradiction/);
    const unpinned = await house.run('unpin', 'deploy/a.yaml');
    assert.match(unpinned.stdout, /1 digest not written by the lock left in place/);
    assert.equal(house.read('deploy/a.yaml'), text);
    await house.run('unpin', '--all', 'deploy/a.yaml');
    assert.equal(house.read('deploy/a.yaml'), deployment('nginx:1.25'));
  });

  it('bring a digest up to date that the lock gave earlier', async () => {
    house.write('holdfast.lock', lockOf(['nginx:1.25'], `    replaced: [${other}]\n`));
    house.write('deploy/a.yaml', deployment(`nginx:1.25@${other}`));
    assert.equal((await house.run('pin', 'deploy/a.yaml')).status, 0);
    assert.equal(house.read('deploy/a.yaml'), deployment(`nginx:1.25@${digest}`));
  });

  it('keep apart what was written by hand and what was pinned, where both are the same', async () => {
    const pushed = house.server.pushImage({ repository: 'o/app', tag: 'v1' });
    const app = `${house.server.host}/o/app:v1`;
    const hand = deployment(app, `${app}@${pushed.digest}`);
    house.write('deploy/a.yaml', hand);
    await house.run('lock', 'deploy/a.yaml');
    await house.run('pin', 'deploy/a.yaml');
    assert.equal(
      house.read('deploy/a.yaml'),
      deployment(`${app}@${pushed.digest}`, `${app}@${pushed.digest}`),
    );
    await house.run('lock', 'deploy/a.yaml');
    await house.run('unpin', 'deploy/a.yaml');
    assert.equal(house.read('deploy/a.yaml'), hand);
  });

  it('refuse what cannot be edited safely, and say why', async () => {
    house.write('deploy/a.yaml', 'image: {repository: quay.io/o/app, tag: 1.20}\n');
    house.write('holdfast.lock', lockOf(['quay.io/o/app:1.20']));
    const { status, stdout } = await house.run('pin', 'deploy/a.yaml');
    assert.equal(status, 1);
    assert.match(
      stdout,
      /the tag 1\.20 is read as a number and comes out as 1\.2\n {4}do: put it in quotes: "1\.20"/,
    );
    assert.equal(house.read('deploy/a.yaml'), 'image: {repository: quay.io/o/app, tag: 1.20}\n');
  });

  it('edit a file once that two PATHs and a link lead to, and keep link and mode', async () => {
    chmodSync(join(house.folder, 'deploy/a.yaml'), 0o640);
    mkdirSync(join(house.folder, 'links'));
    symlinkSync('../deploy/a.yaml', join(house.folder, 'links/b.yaml'));
    const { status, stdout } = await house.run('pin', 'links/b.yaml', 'deploy', 'deploy/a.yaml');
    assert.equal(status, 0);
    assert.match(stdout, /changed 5 image fields in 3 files/);
    assert.ok(lstatSync(join(house.folder, 'links/b.yaml')).isSymbolicLink());
    assert.equal(statSync(join(house.folder, 'deploy/a.yaml')).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(join(house.folder, 'deploy')).toSorted(), [
      'a.yaml',
      'chart',
      'kustomization.yaml',
    ]);
  });

  it('cannot look where a PATH does not exist', async () => {
    const { status, stderr } = await house.run('pin', 'nowhere');
    assert.equal(status, 3);
    assert.match(stderr, /no such file or folder/);
  });

  it('run as a process of their own', async () => {
    const child = house.start('pin', 'deploy');
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
    assert.match(house.read('deploy/a.yaml'), /nginx:1\.25@sha256:/);
  });

  it('never ask a registry: they work when none is there', async () => {
    await house.server.close();
    assert.equal((await house.run('pin', 'deploy')).status, 0);
  });
});

describe('holdfast pin --dry-run', () => {
  const git = findTool('git');
  let house: PinningHouse;
  beforeEach(async () => {
    house = await openPinningHouse();
    house.write('holdfast.lock', lockOf(['nginx:1.25', 'nginx:v1', 'redis:7', 'quay.io/o/app:v2']));
  });
  afterEach(() => house.close());

  const inGit = async (...words: readonly string[]): Promise<string> => {
    const env = { PATH: process.env['PATH'], HOME: house.folder, GIT_CONFIG_NOSYSTEM: '1' };
    const { status, stdout, stderr } = await runTool(git, words, { cwd: house.folder, env });
    assert.equal(status, 0, stderr);
    return stdout;
  };

  it('prints a patch and changes nothing', async () => {
    house.write('a.yaml', deployment('nginx:1.25'));
    const { stdout, stderr, status } = await house.run('pin', '--dry-run', '.');
    assert.equal(status, 0);
    assert.equal(
      stdout,
      [
        'diff --git a/a.yaml b/a.yaml',
        '--- a/a.yaml',
        '+++ b/a.yaml',
        '@@ -6,4 +6,4 @@',
        '     spec:',
        '       containers:',
        '       - name: c0',
        '-        image: nginx:1.25',
        `+        image: nginx:1.25@${digest}`,
        '',
      ].join('\n'),
    );
    assert.match(stderr, /would change 1 image field in 1 file/);
    assert.equal(house.read('a.yaml'), deployment('nginx:1.25'));
  });

  it('prints a patch that git apply takes, whatever the files are called and end with', {
    skip: git.missing,
  }, async () => {
    const files: Record<string, string> = {
      'deploy/a.yaml': deployment('nginx:1.25', 'nginx:1.25', 'redis:7')
        .repeat(1)
        .concat(`---\n${deployment('nginx:v1')}`),
      'deploy/no final line end/kustomization.yaml': kustomization,
      'deploy/crlf.yaml': deployment('nginx:1.25').replaceAll('\n', '\r\n'),
      'deploy/ümlaut "quoted".yaml': deployment('nginx:1.25').trimEnd(),
      'deploy/bom.yaml': `\uFEFF${values}`,
    };
    for (const [file, text] of Object.entries(files)) house.write(file, text);
    await inGit('init', '-q', '.');
    await inGit('config', 'core.autocrlf', 'false');
    // From a folder of the repository too: paths start from its root, as git wants them.
    const { stdout } = await house.run('pin', '--dry-run', 'deploy');
    house.write('pin.patch', stdout);
    await inGit('apply', '--whitespace=nowarn', 'pin.patch');
    const patched = Object.keys(files).map((file) => readFileSync(join(house.folder, file)));
    await inGit('apply', '-R', '--whitespace=nowarn', 'pin.patch');
    for (const [file, text] of Object.entries(files)) assert.equal(house.read(file), text);
    assert.equal((await house.run('pin', 'deploy')).status, 0);
    const pinned = Object.keys(files).map((file) => readFileSync(join(house.folder, file)));
    assert.deepEqual(patched, pinned);
    assert.equal(pinned.length, 5);
  });
});
