import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextLink } from './link.ts';

const page = new URL('https://ghcr.io/v2/org/app/tags/list?n=2');

const cases: readonly { name: string; given: string | undefined; expected: string | undefined }[] = [
  { name: 'none', given: undefined, expected: undefined },
  {
    name: 'a path',
    given: '</v2/org/app/tags/list?last=b&n=2>; rel="next"',
    expected: 'https://ghcr.io/v2/org/app/tags/list?last=b&n=2',
  },
  {
    name: 'a query',
    given: '<?last=b>; rel="next"',
    expected: 'https://ghcr.io/v2/org/app/tags/list?last=b',
  },
  {
    name: 'an absolute address',
    given: '<https://other.example/x>;rel=next',
    expected: 'https://other.example/x',
  },
  { name: 'a relation without quotes', given: '</x>; rel=next', expected: 'https://ghcr.io/x' },
  { name: 'several relations', given: '</x>; rel="last next"', expected: 'https://ghcr.io/x' },
  { name: 'other parameters', given: '</x>; title="a, b; c"; rel="next"', expected: 'https://ghcr.io/x' },
  {
    name: 'the right one of several',
    given: '</a>; rel="prev", </b>; rel="next"',
    expected: 'https://ghcr.io/b',
  },
  {
    name: 'commas in the address',
    given: '</x?last=a,b>; rel="next"',
    expected: 'https://ghcr.io/x?last=a,b',
  },
  { name: 'no next page among others', given: '</a>; rel="prev"', expected: undefined },
  { name: 'an address that is none', given: '<https://[>; rel="next"', expected: 'malformed' },
  { name: 'a link that is none', given: 'next page', expected: 'malformed' },
];

describe('nextLink', () => {
  for (const { name, given, expected } of cases) {
    it(`finds ${name}`, () => assert.equal(nextLink(given, page)?.toString(), expected));
  }
});
