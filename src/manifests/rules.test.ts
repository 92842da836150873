import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { excludesFile, matchesKeyPath, noRules } from './rules.ts';

describe('excludesFile', () => {
  const cases: readonly { name: string; glob: string; file: string; expected: boolean }[] = [
    { name: 'takes a folder and all in it', glob: 'chart/**', file: 'chart/a/b.yaml', expected: true },
    {
      name: 'takes the folder itself, so that it need not be opened',
      glob: 'chart/**',
      file: 'chart/',
      expected: true,
    },
    { name: 'does not take its neighbour', glob: 'chart/**', file: 'charts/a.yaml', expected: false },
    {
      name: 'takes a folder at any depth',
      glob: '**/testdata/**',
      file: 'a/testdata/b.yaml',
      expected: true,
    },
    {
      name: 'takes a folder at the top with the same glob',
      glob: '**/testdata/**',
      file: 'testdata/',
      expected: true,
    },
    { name: 'lets * end at a slash', glob: 'a/*.yaml', file: 'a/b/c.yaml', expected: false },
    {
      name: 'takes characters of regular expressions as they are',
      glob: 'a+(b).yaml',
      file: 'a+(b).yaml',
      expected: true,
    },
  ];
  for (const { name, glob, file, expected } of cases) {
    it(name, () => assert.equal(excludesFile({ ...noRules, exclude: [{ file: glob }] }, file), expected));
  }

  it('takes no file that an exclusion narrows to some of its fields', () => {
    assert.equal(excludesFile({ ...noRules, exclude: [{ file: '**', kind: 'Pod' }] }, 'a.yaml'), false);
  });

  it('is not slowed down by a hostile glob', () => {
    const rules = { ...noRules, exclude: [{ file: '**a'.repeat(50) }] };
    assert.equal(excludesFile(rules, 'a'.repeat(49)), false);
  });
});

describe('matchesKeyPath', () => {
  const cases: readonly { name: string; path: string; keys: readonly string[]; expected: boolean }[] = [
    { name: 'fits from the top', path: 'spec.base', keys: ['spec', 'base'], expected: true },
    { name: 'does not fit below', path: 'base', keys: ['spec', 'base'], expected: false },
    { name: 'fits anywhere behind **', path: '**.base', keys: ['spec', 'x', 'base'], expected: true },
    { name: 'fits any one key at *', path: 'spec.*.img', keys: ['spec', 'a', 'img'], expected: true },
    {
      name: 'fits list items at []',
      path: 'spec.jobs[].img',
      keys: ['spec', 'jobs', '0', 'img'],
      expected: true,
    },
  ];
  for (const { name, path, keys, expected } of cases) {
    it(name, () => assert.equal(matchesKeyPath(path, keys), expected));
  }
});
