import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isNote } from '../../src/declared/declared.ts';
import { readDeclared } from '../../src/declared/read-declared.ts';
import { testHost } from '../host.ts';

const corpus = fileURLToPath(new URL('../../../shared/corpus/manifests', import.meta.url));
const missing = existsSync(corpus) || process.env['CI'] === 'true' ? false : `${corpus} is not there`;

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
