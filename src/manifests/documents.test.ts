import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { splitDocuments } from './documents.ts';

const cases: readonly { name: string; given: string; expected: readonly string[] }[] = [
  { name: 'one document without a marker', given: 'a: b\n', expected: ['a: b\n'] },
  { name: 'none in an empty text', given: '', expected: [] },
  { name: 'none in comments alone', given: '# a\n\n# b\n', expected: [] },
  {
    name: 'comments before the first marker belong to it',
    given: '# a\n---\nb: c\n',
    expected: ['# a\n---\nb: c\n'],
  },
  {
    name: 'an empty document between markers',
    given: '---\n---\na: b\n',
    expected: ['---\n', '---\na: b\n'],
  },
  {
    name: 'directives belong to the document behind them',
    given: '%YAML 1.2\n---\na: b\n...\n%YAML 1.2\n---\nc: d\n',
    expected: ['%YAML 1.2\n---\na: b\n', '\n%YAML 1.2\n---\nc: d\n'],
  },
  { name: 'content behind a marker', given: '--- {a: b}\n--- c\n', expected: ['--- {a: b}\n', '--- c\n'] },
  {
    name: 'no marker within a line',
    given: 'a: ---\nb: x---\n----\n',
    expected: ['a: ---\nb: x---\n----\n'],
  },
  {
    name: 'markers with carriage returns',
    given: 'a: b\r\n---\r\nc: d\r\n',
    expected: ['a: b\r\n', '---\r\nc: d\r\n'],
  },
  { name: 'a marker behind a byte order mark', given: '\uFEFF---\na: b\n', expected: ['\uFEFF---\na: b\n'] },
];

describe('splitDocuments', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const documents = splitDocuments(given);
      assert.deepEqual(
        documents.map(({ start, end }) => given.slice(start, end)),
        expected,
      );
      assert.deepEqual(
        documents.map((document) => document.number),
        expected.map((_, index) => index),
      );
    });
  }

  it('counts as a YAML parser does', () => {
    const given = '# a\n---\na: |\n  text\n---\n# only a comment\n---\nb: c\n...\n---\nd: e\n';
    assert.equal(splitDocuments(given).length, parseAllDocuments(given).length);
  });
});
