import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { replaceFiles } from './replace-files.ts';

describe('replaceFiles', () => {
  let folder: string;
  const path = (file: string): string => join(folder, file);
  const read = (file: string): string => readFileSync(path(file), 'utf8');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-replace-'));
    writeFileSync(path('a'), 'a');
    writeFileSync(path('b'), 'b');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('replaces files and makes new ones, and leaves nothing else behind', async () => {
    chmodSync(path('a'), 0o604);
    const failures = await replaceFiles([
      { path: path('a'), before: 'a', after: 'A' },
      { path: path('new'), before: undefined, after: 'N' },
    ]);
    assert.deepEqual(failures, []);
    assert.deepEqual([read('a'), read('new')], ['A', 'N']);
    assert.equal(statSync(path('a')).mode & 0o777, 0o604);
    assert.deepEqual(readdirSync(folder).toSorted(), ['a', 'b', 'new']);
  });

  it('leaves a file alone that changed since it was read, and replaces the others', async () => {
    writeFileSync(path('a'), 'somebody else');
    const failures = await replaceFiles([
      { path: path('a'), before: 'a', after: 'A' },
      { path: path('b'), before: 'b', after: 'B' },
    ]);
    assert.deepEqual(
      failures.map(({ error }) => error.code),
      ['FILE_CHANGED'],
    );
    assert.deepEqual([read('a'), read('b')], ['somebody else', 'B']);
  });

  it('makes no file where one has come in the meantime, and brings none back that went', async () => {
    rmSync(path('b'));
    const failures = await replaceFiles([
      { path: path('a'), before: undefined, after: 'A' },
      { path: path('b'), before: 'b', after: 'B' },
    ]);
    assert.deepEqual(
      failures.map(({ error }) => error.code),
      ['FILE_CHANGED', 'FILE_CHANGED'],
    );
    assert.deepEqual(readdirSync(folder), ['a']);
  });

  it('tells of a folder that cannot be written', async () => {
    mkdirSync(path('folder'));
    const [failure] = await replaceFiles([{ path: path('folder'), before: '', after: 'x' }]);
    assert.equal(failure?.error.code, 'FILE_UNWRITABLE');
  });

  it('replaces nothing and leaves nothing behind when it is interrupted', async () => {
    const interrupt = new AbortController();
    const many = Array.from({ length: 20 }, (_, index) => {
      writeFileSync(path(`file-${index}`), 'old');
      return { path: path(`file-${index}`), before: 'old', after: 'new' };
    });
    const work = replaceFiles(many, { signal: interrupt.signal });
    // Some are written beside their targets by now, and none is in place.
    setImmediate(() => interrupt.abort());
    await assert.rejects(work);
    for (const [index] of many.entries()) assert.equal(read(`file-${index}`), 'old');
    assert.equal(readdirSync(folder).length, 22);
  });
});
