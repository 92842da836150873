import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scopesOf, uniteScopes } from './scope.ts';

const repository = { registry: 'ghcr.io', path: 'org/app' };
const from = { registry: 'ghcr.io', path: 'org/base' };

describe('scopes', () => {
  it('ask for pulling', () => {
    assert.deepEqual(scopesOf({ repository, actions: 'pull' }), ['repository:org/app:pull']);
  });

  it('ask for pushing, and to read where a blob is mounted from', () => {
    assert.deepEqual(scopesOf({ repository, actions: 'push', from }), [
      'repository:org/app:pull,push',
      'repository:org/base:pull',
    ]);
  });

  const united: readonly { name: string; ours: string[]; asked: string | undefined; expected: string[] }[] = [
    {
      name: 'stay what they are alone',
      ours: ['repository:a:pull'],
      asked: undefined,
      expected: ['repository:a:pull'],
    },
    {
      name: 'join the actions on one resource',
      ours: ['repository:a:pull'],
      asked: 'repository:a:push,pull',
      expected: ['repository:a:pull,push'],
    },
    {
      name: 'keep other resources',
      ours: ['repository:b:pull'],
      asked: 'registry:catalog:* repository:b:pull',
      expected: ['registry:catalog:*', 'repository:b:pull'],
    },
    {
      name: 'keep the kind of a resource',
      ours: ['repository:a:pull'],
      asked: 'repository(plugin):a:pull',
      expected: ['repository(plugin):a:pull', 'repository:a:pull'],
    },
    {
      name: 'pass over what is none',
      ours: ['repository:a:pull'],
      asked: ' nonsense ',
      expected: ['repository:a:pull'],
    },
  ];
  for (const { name, ours, asked, expected } of united) {
    it(name, () => assert.deepEqual(uniteScopes(ours, asked), expected));
  }
});
