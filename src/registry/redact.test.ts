import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeRedactor } from './redact.ts';

const cases: readonly { name: string; given: string; expected: string }[] = [
  {
    name: 'keeps an ordinary message',
    given: 'manifest unknown: tag=1.0',
    expected: 'manifest unknown: tag=1.0',
  },
  {
    name: 'hides the query of a signed URL',
    given: 'GET https://s3.example/x/y?X-Amz-Signature=abc&Expires=1 failed',
    expected: 'GET https://s3.example/x/y?*** failed',
  },
  {
    name: 'hides a password in a URL',
    given: 'at http://user:pass@proxy:3128/',
    expected: 'at http://***@proxy:3128/',
  },
  { name: 'hides what follows Bearer', given: 'sent Bearer abcdefghijkl', expected: 'sent Bearer ***' },
  { name: 'hides what follows Basic', given: 'sent basic dXNlcjpwYXNz', expected: 'sent basic ***' },
  {
    name: 'hides a JWT',
    given: 'token is eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    expected: 'token is ***',
  },
  {
    name: 'hides a named secret',
    given: '{"refresh_token":"abc","x":1}',
    expected: '{"refresh_token":"***","x":1}',
  },
  { name: 'takes away what steers a terminal', given: 'a\u001b[31mb\u202ec\nd', expected: 'a [31mb c d' },
  { name: 'cuts what is too long', given: 'x'.repeat(2000), expected: 'x'.repeat(500) },
];

describe('a redactor', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => assert.equal(makeRedactor().redact(given), expected));
  }

  it('hides the secrets it was told of, wherever they stand', () => {
    const redactor = makeRedactor();
    redactor.addSecret('correct horse');
    redactor.addSecret('x');
    assert.equal(redactor.redact('is "correct horse" right? x'), 'is "***" right? x');
  });
});
