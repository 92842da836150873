import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSelectorProblem } from './label-selector.ts';

describe('a label selector', () => {
  const taken: readonly string[] = [
    '',
    ' \t ',
    'a',
    '!a',
    '! a',
    'a=b',
    'a==b',
    'a!=b',
    'a=',
    'a=,b',
    'a in (b)',
    'a in(b,c) , d notin (e)',
    'a in ()',
    'a in (,)',
    'a in (b,,c,)',
    'in in (in)',
    'notin=in',
    'a>1',
    'a<9223372036854775807',
    'sharding.fluxcd.io/key=shard1',
    'app.kubernetes.io/part-of in (x_Y.z-1)',
    'a'.repeat(63),
  ];
  for (const text of taken) {
    it(`is ${JSON.stringify(text)}`, () => assert.equal(findSelectorProblem(text), undefined));
  }

  const refused: readonly { readonly text: string; readonly because: RegExp }[] = [
    { text: 'a in (', because: /^it ends where "," or "\)" belongs$/ },
    { text: 'a in b', because: /^"b" where "\(" belongs$/ },
    { text: 'a in (b c)', because: /^"c" where "," or "\)" belongs$/ },
    { text: 'a in (b=c)', because: /^"=" where/ },
    { text: 'a b', because: /^"b" where in, notin, =/ },
    { text: 'a=b c', because: /^"c" where "," or its end belongs$/ },
    { text: 'a,', because: /^it ends where a label belongs$/ },
    { text: ',a', because: /^"," where a label belongs$/ },
    { text: '!', because: /^it ends where a label belongs$/ },
    { text: '!a=b', because: /^"=" where "," or its end belongs$/ },
    { text: '=b', because: /^"=" where a label belongs$/ },
    { text: 'a=(b', because: /^"\(" where a value belongs$/ },
    { text: 'a>b', because: /no number/ },
    { text: 'a>', because: /no number/ },
    { text: 'a>9223372036854775808', because: /no number/ },
    { text: '-a', because: /cannot be a label$/ },
    { text: 'A/b', because: /cannot be a label$/ },
    { text: 'a/b/c', because: /cannot be a label$/ },
    { text: 'a/', because: /cannot be a label$/ },
    { text: 'a\u00a0=b', because: /cannot be a label$/ },
    { text: 'a'.repeat(64), because: /cannot be a label$/ },
    { text: 'a=b-', because: /cannot be a label's value$/ },
    { text: `a in (${'b'.repeat(64)})`, because: /cannot be a label's value$/ },
  ];
  for (const { text, because } of refused) {
    it(`is not ${JSON.stringify(text)}`, () => assert.match(findSelectorProblem(text) ?? '', because));
  }
});
