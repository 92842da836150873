import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileTagFilter, doubtTemplate } from './tag-filter.ts';

const rows: readonly {
  readonly name: string;
  readonly pattern: string;
  readonly extract: string;
  readonly value: string;
  readonly doubt: string | undefined;
}[] = [
  { name: 'a group by its number', pattern: '^v(.*)', extract: '$1', value: '1.2', doubt: undefined },
  {
    name: 'a group by its name',
    pattern: '^v(?P<n>.*)',
    extract: 'x-${n}',
    value: 'x-1.2',
    doubt: undefined,
  },
  { name: 'all that matches', pattern: '[0-9]', extract: '$0', value: '1', doubt: undefined },
  { name: 'no template', pattern: '^v', extract: '', value: 'v1.2', doubt: undefined },
  {
    name: 'no such name',
    pattern: '^v',
    extract: '$nope',
    value: '',
    doubt:
      'takes an empty text for nope: the groups of the pattern are 0; it makes one text of every tag, ""',
  },
  {
    name: 'no such number beside a group that is there',
    pattern: '^v(?P<major>[0-9])',
    extract: '$major.$2',
    value: '1.',
    doubt: 'takes an empty text for 2: the groups of the pattern are 0, 1, major',
  },
  {
    name: 'a name that goes on',
    pattern: '^v(.*)',
    extract: '$1x',
    value: '',
    doubt:
      'takes an empty text for 1x: the groups of the pattern are 0, 1; it makes one text of every tag, ""',
  },
  {
    name: 'a brace that is not closed',
    pattern: '^v(.*)',
    extract: '${',
    value: '${',
    doubt: 'makes one text of every tag, "${"',
  },
  {
    name: 'a group beyond those of a pattern for the machine of RE2',
    pattern: '(?i:^V)(.*)',
    extract: '$2$1',
    value: '1.2',
    doubt: 'takes an empty text for 2: the groups of the pattern are 0, 1',
  },
  {
    name: 'the group that took part, of two with one name',
    pattern: '^w(?P<n>.*)|^v(?P<n>.*)',
    extract: '$n',
    value: '1.2',
    doubt: undefined,
  },
  {
    name: 'a number that no group can have, though one has it for its name',
    pattern: '^v(?P<100000000>.*)',
    extract: '$100000000',
    value: '',
    doubt:
      'takes an empty text for 100000000: the groups of the pattern are 0, 1, 100000000; ' +
      'it makes one text of every tag, ""',
  },
  {
    name: 'a template without a pattern',
    pattern: '',
    extract: 'x$0',
    value: 'x',
    doubt: undefined,
  },
];

describe('a template', () => {
  for (const { name, pattern, extract, value, doubt } of rows) {
    it(`is taken as Go takes it, and doubted where nobody can want it: ${name}`, () => {
      assert.equal(compileTagFilter({ pattern, extract })('v1.2'), value);
      assert.equal(doubtTemplate({ pattern, extract }), doubt);
    });
  }
});
