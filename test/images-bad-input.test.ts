import assert from 'node:assert/strict';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { images, listImages, makeTree, product } from './images-of-tree.ts';

async function problemCodes(root: string): Promise<unknown[]> {
  const { problems } = await listImages(['.', '--render', 'none'], { cwd: root });
  return problems.map(({ code, file }) => [code, file]);
}

describe('holdfast images: bad input', () => {
  it('says that a path is missing, before it reads any other', async () => {
    const { status, stdout, stderr } = await images(['.', 'mising'], { cwd: makeTree(product) });
    assert.equal(stdout, '');
    assert.match(stderr, /^holdfast: no such file or folder: "mising"\n {2}hint: /);
    assert.equal(status, 3);
  });

  it('wants a path', async () => {
    assert.equal((await images([])).status, 2);
  });

  it('says that a folder holds no manifests', async () => {
    const { status, stderr } = await images(['.'], { cwd: makeTree({ 'README.md': '' }) });
    assert.match(stderr, /note: no manifest files in "\."/);
    assert.equal(status, 0);
  });

  it('reads a YAML bomb without expanding it', async () => {
    const bomb = Array.from({ length: 30 }, (_, index) => {
      const inside = index === 0 ? '"lol"' : Array.from({ length: 10 }, () => `*a${index - 1}`).join(', ');
      return `a${index}: &a${index} [${inside}]`;
    });
    const { images: found } = await listImages(['.'], {
      cwd: makeTree({ 'bomb.yaml': `${bomb.join('\n')}\nimage: nginx:1.25\n` }),
    });
    assert.deepEqual(
      found.map(({ reference }) => reference),
      ['nginx:1.25'],
    );
  });

  it('does not read what is too large, not UTF-8, or no text', async () => {
    const root = makeTree({
      'latin.yaml': Buffer.from('a: caf\xe9\n', 'latin1'),
      'nul.yaml': 'a: \0\n',
      'utf16.yaml': Buffer.from('\ufeffimage: a', 'utf16le'),
      'z.yaml': 'image: nginx:1\n',
    });
    writeFileSync(join(root, 'large.yaml'), '');
    truncateSync(join(root, 'large.yaml'), 200_000_000);
    assert.deepEqual(await problemCodes(root), [
      ['FILE_TOO_LARGE', 'large.yaml'],
      ['FILE_NOT_UTF8', 'latin.yaml'],
      ['FILE_BINARY', 'nul.yaml'],
      ['FILE_NOT_UTF8', 'utf16.yaml'],
    ]);
  });

  it('does not read standard input without end', async () => {
    const megabyte = Buffer.alloc(1_000_000, 'a: 1\n');
    const endless = Readable.from(
      (function* () {
        for (;;) yield megabyte;
      })(),
    );
    const { stderr, status } = await images(['-'], { stdin: endless });
    assert.match(stderr, /-: not read: it is larger than 16 MiB\n {2}hint: give it in parts\n/);
    assert.equal(status, 3);
  });

  it('goes round no circle of links', async () => {
    const root = makeTree({ 'a/x.yaml': 'image: nginx:1\n' });
    symlinkSync('..', join(root, 'a', 'up'));
    symlinkSync('nowhere.yaml', join(root, 'b.yaml'));
    const { images: found, problems } = await listImages(['.'], { cwd: root });
    assert.equal(found.length, 1);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['LINK_BROKEN'],
    );
  });

  it('shows no escape sequence or line feed of a file’s name', async () => {
    const { stdout } = await images(['a\nb'], {
      cwd: makeTree({ 'a\nb/\u001b[2J.yaml': 'image: nginx:1\n' }),
    });
    assert.match(stdout, /\\u001b\[2J\.yaml:1/);
    assert.ok(!stdout.includes('\u001b'));
  });

  it('does not open a device', async () => {
    const { stderr, status } = await images(['/dev/zero']);
    assert.match(stderr, /warning: zero: not opened: it is a pipe, socket or device/);
    assert.equal(status, 3);
  });

  it('takes a path that begins with a dash behind --', async () => {
    const { stdout } = await images(['-o', 'name', '--', '-x.yaml'], {
      cwd: makeTree({ '-x.yaml': 'image: nginx:1\n' }),
    });
    assert.equal(stdout, 'nginx:1\n');
  });

  it('refuses a holdfast.yaml with a slip in it', async () => {
    const { status, stderr } = await images(['.'], {
      cwd: makeTree({ 'holdfast.yaml': 'version: 1\nimage: {}\n' }),
    });
    assert.match(stderr, /holdfast\.yaml: unknown key "image"; did you mean images\?/);
    assert.equal(status, 3);
  });
});
