import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { it } from 'node:test';
import { ClusterError } from '../src/cluster/errors.ts';
import { follow } from '../src/cluster/follow.ts';
import type { KubernetesClient } from '../src/cluster/kubernetes-client.ts';
import { silentLog } from '../src/log.ts';
import {
  configMap,
  configMaps,
  hurriedTiming,
  namespace,
  type Opened,
  rejects,
} from './cluster/contract-objects.ts';

/** More than a page of 500, so that lists need two. */
const manyObjects = 510;

/** Before a test that waits for events is given up. */
const eventsMs = 30_000;

/** The part of `kubernetesContract` about lists, and watches that go on from them. */
export function watchContract(opened: () => Opened): void {
  lists(opened);
  watches(opened);
  following(opened);
}

function lists(opened: () => Opened): void {
  it('lists more than a page, once each, in order', async () => {
    const { client } = opened();
    const names = Array.from({ length: manyObjects }, (_, at) => `many-${String(at).padStart(4, '0')}`);
    const labels = { suite: 'many' };
    for (let at = 0; at < names.length; at += 30) {
      const some = names.slice(at, at + 30);
      await Promise.all(some.map((one) => client.create(configMaps, namespace, configMap(one, {}, labels))));
    }
    assert.deepEqual(await namesOf(client, { labelSelector: 'suite=many' }), names);
  });

  it('lists by label, by name and by namespace', async () => {
    const { client } = opened();
    await client.create(configMaps, namespace, configMap('chosen', {}, { color: 'red', size: 'l' }));
    await client.create(configMaps, namespace, configMap('passed-over', {}, { color: 'red', size: 's' }));
    assert.deepEqual(await namesOf(client, { labelSelector: 'color=red,size=l' }), ['chosen']);
    assert.deepEqual(await namesOf(client, { namespace, fieldSelector: 'metadata.name=chosen' }), ['chosen']);
    assert.deepEqual(await namesOf(client, { namespace: 'elsewhere' }), []);
  });

  it('lists nothing where nothing is, also of metadata alone', async () => {
    const { client } = opened();
    for (const metadataOnly of [false, true]) {
      assert.deepEqual(await namesOf(client, { labelSelector: 'suite=absent', metadataOnly }), []);
    }
  });
}

function watches(opened: () => Opened): void {
  it('watches from a list on, without a gap', async () => {
    const { client } = opened();
    const labelSelector = 'watched=yes';
    const { resourceVersion } = await client.list(configMaps, { labelSelector }, () => undefined);
    const labels = { watched: 'yes' };
    const first = await client.create(configMaps, namespace, configMap('watched', {}, labels));
    const second = await client.replace(configMaps, { ...first, data: { key: 'value' } });
    await client.create(configMaps, namespace, configMap('not-watched'));
    // It no longer has the label: to this watch it is deleted.
    await client.replace(configMaps, { ...second, metadata: { ...second.metadata, labels: {} } });
    await client.create(configMaps, namespace, configMap('watched-too', {}, labels));
    await client.remove(configMaps, { namespace, name: 'watched-too' });
    assert.deepEqual(await eventsOf(client, { labelSelector, resourceVersion }, 5), [
      'added watched',
      'modified watched',
      'deleted watched',
      'added watched-too',
      'deleted watched-too',
    ]);
  });

  it('goes on from the last event it saw, also when the connection is cut', async () => {
    const { client, cluster } = opened();
    const labelSelector = 'cut=yes';
    const { resourceVersion } = await client.list(configMaps, { labelSelector }, () => undefined);
    const watch = client.watch(configMaps, { labelSelector, resourceVersion });
    const iterator = watch[Symbol.asyncIterator]();
    const labels = { cut: 'yes' };
    const made = await client.create(configMaps, namespace, configMap('before-the-cut', {}, labels));
    assert.equal((await iterator.next()).value?.type, 'added');
    const ended = iterator.next().then(
      ({ done }) => done === true,
      (error: unknown) => error instanceof ClusterError && error.retryable,
    );
    await cluster.cut();
    assert.equal(await ended, true);
    await client.create(configMaps, namespace, configMap('after-the-cut', {}, labels));
    const from = String(made.metadata['resourceVersion']);
    assert.deepEqual(await eventsOf(client, { labelSelector, resourceVersion: from }, 1), [
      'added after-the-cut',
    ]);
  });

  it('says so when the server has forgotten where to go on from', async () => {
    const { client, cluster } = opened();
    const { resourceVersion } = await client.list(configMaps, { namespace }, () => undefined);
    await client.create(configMaps, namespace, configMap('since-then'));
    await cluster.forget();
    const watched = eventsOf(client, { namespace, resourceVersion }, 1);
    await rejects(watched, 'CLUSTER_GONE', /too old resource version/);
  });

  it('ends a watch that is called off', async () => {
    const { client } = opened();
    const { resourceVersion } = await client.list(configMaps, { namespace }, () => undefined);
    const caller = new AbortController();
    const watch = client.watch(configMaps, { namespace, resourceVersion, signal: caller.signal });
    const next = watch[Symbol.asyncIterator]().next();
    caller.abort(new Error('called off'));
    await assert.rejects(next, /called off/);
  });
}

function following(opened: () => Opened): void {
  it('is followed through cuts, and through what happened while the server forgot', async () => {
    const { client, cluster } = opened();
    const labels = { followed: 'yes' };
    const there = new Set<string>();
    const changes = new EventEmitter();
    const create = (name: string) => client.create(configMaps, namespace, configMap(name, {}, labels));
    const until = async (...names: readonly string[]) => {
      while ([...there].toSorted().join() !== names.join()) await once(changes, 'change');
    };
    await create('first');
    const caller = new AbortController();
    const followed = follow(client, configMaps, {
      labelSelector: 'followed=yes',
      signal: caller.signal,
      timing: hurriedTiming,
      log: silentLog,
      onChange(object) {
        there.add(String(object.metadata['name']));
        changes.emit('change');
      },
      onRemoved({ name }) {
        there.delete(name);
        changes.emit('change');
      },
    });
    await until('first');
    await create('second');
    await until('first', 'second');
    await cluster.cut();
    await create('third');
    await until('first', 'second', 'third');
    await cluster.forget();
    await client.remove(configMaps, { namespace, name: 'first' });
    await create('fourth');
    await until('fourth', 'second', 'third');
    caller.abort();
    await followed;
  });
}

async function namesOf(
  client: KubernetesClient,
  request: Parameters<KubernetesClient['list']>[1],
): Promise<readonly unknown[]> {
  const names: unknown[] = [];
  await client.list(configMaps, request, (object) => names.push(object.metadata['name']));
  return names;
}

/** The first so many events, as `type name`. */
async function eventsOf(
  client: KubernetesClient,
  request: Parameters<KubernetesClient['watch']>[1],
  count: number,
): Promise<readonly string[]> {
  const seen: string[] = [];
  const signal = AbortSignal.timeout(eventsMs);
  for await (const event of client.watch(configMaps, { ...request, signal })) {
    if (event.type !== 'bookmark') seen.push(`${event.type} ${String(event.object.metadata['name'])}`);
    if (seen.length === count) break;
  }
  return seen;
}
