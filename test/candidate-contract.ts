import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { makeClusterEvents } from '../src/cluster/cluster-events.ts';
import { objectAt, textAt } from '../src/cluster/foreign-value.ts';
import type { KubernetesClient, NamespacedName } from '../src/cluster/kubernetes-client.ts';
import { type Leadership, standForLeader } from '../src/cluster/leader.ts';
import { silentLog } from '../src/log.ts';
import { systemTiming } from '../src/timing.ts';
import { configMap, configMaps, events, leases, namespace, type Opened } from './cluster/contract-objects.ts';

/** Short, so that a test does not wait long, and long enough for a server that is killed and starts again. */
const times = { leaseDurationMs: 4000, renewDeadlineMs: 3000, retryPeriodMs: 200 };

const surroundings = { clock: systemClock, timing: systemTiming, log: silentLog };

/** The part of `kubernetesContract` about what a replica does beside reading: stand for leader, and tell. */
export function candidateContract(opened: () => Opened): void {
  it('has one leader at a time, which hands over when it goes', async () => {
    const { client } = opened();
    const lease = { namespace, name: 'replicas' };
    const terms: string[] = [];
    let leading = 0;
    const replicas = ['one', 'two', 'three'].map((identity) =>
      stand(client, { lease, identity }, async (leadership) => {
        leading += 1;
        assert.equal(leading, 1);
        assert.ok(leadership.isLeader());
        terms.push(identity);
        assert.equal(await holderOf(client, lease), identity);
        leading -= 1;
      }),
    );
    await Promise.all(replicas);
    assert.deepEqual(terms.toSorted(), ['one', 'three', 'two']);
    assert.equal(await holderOf(client, lease), undefined);
  });

  it('stays the leader while the server is away for less than its term', async () => {
    const { client, cluster } = opened();
    const lease = { namespace, name: 'patient' };
    await stand(client, { lease, identity: 'one' }, async ({ signal }) => {
      await cluster.cut();
      assert.equal(await holderOf(client, lease), 'one');
      assert.ok(!signal.aborted);
    });
  });

  it('tells what happened to an object as an event of it, and counts what is said again', async () => {
    const { client } = opened();
    const told = await client.create(configMaps, namespace, configMap('told'));
    const recorder = makeClusterEvents({
      client,
      component: 'image-reflector-controller',
      instance: 'replica-1',
      ...surroundings,
    });
    const event = {
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        namespace,
        name: 'told',
        uid: String(told.metadata['uid']),
        resourceVersion: String(told.metadata['resourceVersion']),
      },
      type: 'Normal',
      reason: 'Succeeded',
      message: 'it was told',
    } as const;
    recorder.record(event);
    recorder.record(event);
    await recorder.close();
    const found: unknown[] = [];
    await client.list(events, { namespace }, (object) => found.push(object));
    const ours = found.filter((one) => JSON.stringify(one).includes('it was told'));
    assert.equal(ours.length, 1);
    assert.partialDeepStrictEqual(ours[0], {
      involvedObject: { kind: 'ConfigMap', name: 'told', uid: event.object.uid },
      reason: 'Succeeded',
      type: 'Normal',
      count: 2,
      source: { component: 'image-reflector-controller' },
    });
  });
}

/** Resolves when it has led, and given the lease back. */
function stand(
  client: KubernetesClient,
  candidate: { readonly lease: NamespacedName; readonly identity: string },
  lead: (leadership: Leadership) => Promise<void>,
): Promise<void> {
  const { signal } = new AbortController();
  return standForLeader({ client, ...candidate, ...surroundings, times, signal, lead });
}

async function holderOf(client: KubernetesClient, lease: NamespacedName): Promise<string | undefined> {
  const object = await client.read(leases, lease);
  return object === undefined ? undefined : textAt(objectAt(object, 'spec'), 'holderIdentity');
}
