import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';

type Parsed = readonly (readonly [scheme: string, parameters: Readonly<Record<string, string>>])[];

const cases: readonly { name: string; given: string; expected: Parsed }[] = [
  {
    name: 'reads the challenge of a token server',
    given: 'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"',
    expected: [
      ['bearer', { realm: 'https://auth.example/token', service: 'reg', scope: 'repository:a/b:pull,push' }],
    ],
  },
  {
    name: 'reads Basic',
    given: 'Basic realm="Registry Realm"',
    expected: [['basic', { realm: 'Registry Realm' }]],
  },
  { name: 'reads a scheme alone', given: 'Basic', expected: [['basic', {}]] },
  { name: 'takes any case', given: 'BEARER Realm="x"', expected: [['bearer', { realm: 'x' }]] },
  {
    name: 'takes values without quotes',
    given: 'Bearer realm=https://a/t',
    expected: [['bearer', { realm: 'https://a/t' }]],
  },
  {
    name: 'takes space around the sign',
    given: 'Bearer realm = "x" , service= "y"',
    expected: [['bearer', { realm: 'x', service: 'y' }]],
  },
  {
    name: 'takes missing commas',
    given: 'Bearer realm="x" service="y"',
    expected: [['bearer', { realm: 'x', service: 'y' }]],
  },
  {
    name: 'takes off escapes',
    given: 'Bearer realm="a\\"b\\\\c"',
    expected: [['bearer', { realm: 'a"b\\c' }]],
  },
  {
    name: 'keeps commas inside quotes',
    given: 'Bearer scope="a,b"',
    expected: [['bearer', { scope: 'a,b' }]],
  },
  {
    name: 'reads several challenges in one header',
    given: 'Negotiate, Basic realm="b", Bearer realm="r",service="s"',
    expected: [
      ['negotiate', {}],
      ['basic', { realm: 'b' }],
      ['bearer', { realm: 'r', service: 's' }],
    ],
  },
  {
    name: 'keeps the first of two equal names',
    given: 'Bearer realm="a",realm="b"',
    expected: [['bearer', { realm: 'a' }]],
  },
  {
    name: 'reads a quote that is never closed',
    given: 'Bearer realm="abc',
    expected: [['bearer', { realm: 'abc' }]],
  },
  { name: 'finds nothing in nothing', given: '', expected: [] },
  { name: 'passes over a parameter without a scheme', given: 'realm="x"', expected: [] },
];

describe('parseChallenges', () => {
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const parsed = parseChallenges(given).map((each) => [each.scheme, Object.fromEntries(each.parameters)]);
      assert.deepEqual(parsed, expected);
    });
  }

  it('answers for any header whatever, soon', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('Bearer', 'realm', '=', '"', '\\', ',', ' ', 'x'), maxLength: 60 }),
        (text) => {
          for (const { scheme } of parseChallenges(text)) assert.notEqual(scheme, '');
        },
      ),
      { numRuns: 500 },
    );
  });
});
