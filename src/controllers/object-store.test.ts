import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ImagePolicy, parseImagePolicy } from '../api/image-policy.ts';
import { keyOf, makeObjectStore, type ObjectStore } from './object-store.ts';
import { repositoryKeyOf } from './worth-a-look.ts';

function policy(name: string, repository: string, resourceVersion: string): ImagePolicy {
  return parseImagePolicy({
    metadata: { namespace: 'apps', name, uid: name, resourceVersion },
    spec: { imageRepositoryRef: { name: repository }, policy: { semver: { range: '*' } } },
  });
}

function referring(store: ObjectStore<ImagePolicy>, repository: string): readonly string[] {
  return [...store.referringTo(`apps/${repository}`)].map(
    (one) => `${keyOf(one)} ${one.meta.resourceVersion}`,
  );
}

describe('a store of objects', () => {
  it('finds those that refer to another', () => {
    const store = makeObjectStore(repositoryKeyOf);
    store.put(policy('one', 'web', '1'));
    store.put(policy('two', 'web', '2'));
    store.put(policy('three', 'db', '3'));
    assert.deepEqual(referring(store, 'web'), ['apps/one 1', 'apps/two 2']);
    assert.deepEqual(referring(store, 'nothing'), []);
  });

  it('renews what is there, and nothing that was removed or made anew meanwhile', () => {
    const store = makeObjectStore(repositoryKeyOf);
    store.put(policy('one', 'web', '1'));
    store.renew(policy('one', 'db', '2'));
    store.renew(policy('two', 'web', '3'));
    const other = policy('one', 'web', '4');
    store.renew({ ...other, meta: { ...other.meta, uid: 'other' } });
    assert.deepEqual(referring(store, 'db'), ['apps/one 2']);
    assert.deepEqual(referring(store, 'web'), []);
  });

  it('finds the newest version under what it refers to now', () => {
    const store = makeObjectStore(repositoryKeyOf);
    store.put(policy('one', 'web', '1'));
    store.put(policy('one', 'db', '5'));
    store.put(policy('one', 'web', '4'));
    assert.deepEqual([referring(store, 'web'), referring(store, 'db')], [[], ['apps/one 5']]);
    store.put(policy('one', 'db', '6'));
    assert.deepEqual(referring(store, 'db'), ['apps/one 6']);
  });

  it('finds nothing that was removed', () => {
    const store = makeObjectStore(repositoryKeyOf);
    store.put(policy('one', 'web', '1'));
    store.remove('apps/one');
    store.remove('apps/never');
    assert.deepEqual([referring(store, 'web'), [...store.values()]], [[], []]);
  });
});
