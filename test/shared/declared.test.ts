import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isNote } from '../../src/declared/declared.ts';
import { readDeclared } from '../../src/declared/read-declared.ts';
import { testHost } from '../host.ts';
import { sharedInput } from './inputs.ts';

const { path: corpus, missing } = sharedInput('corpus/manifests');

describe('the manifests of real projects', { skip: missing }, () => {
  it('are read in order, without a problem, and with no byte changed', async () => {
    const files: string[] = [];
    for await (const file of readDeclared([corpus], testHost().host)) {
      assert.deepEqual(
        file.problems.filter((problem) => !isNote(problem)),
        [],
      );
      if (file.path === undefined) continue;
      files.push(file.file);
      assert.ok(readFileSync(file.path).equals(Buffer.from(file.text)), file.file);
    }
    assert.ok(files.length > 900, `only ${files.length} files`);
    assert.deepEqual(files, files.toSorted());
  });
});
