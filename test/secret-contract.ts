import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { it } from 'node:test';
import { follow } from '../src/cluster/follow.ts';
import type { KubernetesObject } from '../src/cluster/kubernetes-client.ts';
import { silentLog } from '../src/log.ts';
import { clusterToken } from './cloud/cloud-request.ts';
import {
  clientOf,
  hurriedTiming,
  namespace,
  type Opened,
  rejects,
  secrets,
  serviceAccounts,
} from './cluster/contract-objects.ts';

/** The part of `kubernetesContract` about Secrets that are followed unread, and tokens of ServiceAccounts. */
export function secretContract(opened: () => Opened): void {
  it('lists and follows Secrets without what they hold', async () => {
    const { client } = opened();
    const made = { apiVersion: 'v1', kind: 'Secret', data: { password: 'aHVudGVyMg==' } };
    await client.create(secrets, namespace, { ...made, type: 'Opaque', metadata: { name: 'before' } });
    await client.create(secrets, namespace, {
      ...made,
      type: 'helm.sh/release.v1',
      metadata: { name: 'passed-over' },
    });
    const told: KubernetesObject[] = [];
    const changes = new EventEmitter();
    const stopping = new AbortController();
    const following = follow(client, secrets, {
      namespace,
      metadataOnly: true,
      fieldSelector: 'type!=helm.sh/release.v1',
      signal: stopping.signal,
      timing: hurriedTiming,
      log: silentLog,
      onChange(object) {
        told.push(object);
        changes.emit(String(object.metadata['name']));
      },
      onRemoved: ({ name }) => changes.emit(`${name} removed`),
      onSynced: () => changes.emit('synced'),
    });
    await once(changes, 'synced');
    const appeared = once(changes, 'after');
    await client.create(secrets, namespace, { ...made, type: 'Opaque', metadata: { name: 'after' } });
    await appeared;
    const changed = once(changes, 'before');
    await client.mergePatch(
      secrets,
      { namespace, name: 'before' },
      { data: { password: 'bmV3' } },
      {
        fieldManager: 'test',
      },
    );
    await changed;
    const removed = once(changes, 'before removed');
    await client.remove(secrets, { namespace, name: 'before' });
    await removed;
    stopping.abort();
    await following;
    assert.ok(!told.some(({ metadata }) => metadata['name'] === 'passed-over'));
    assert.doesNotMatch(JSON.stringify(told), /aHVudGVyMg|bmV3|"data"/);
  });

  it('is given a token of a ServiceAccount, for one audience', async () => {
    const { client } = opened();
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'scanner' } };
    await client.create(serviceAccounts, namespace, account);
    const token = await client.requestToken({ namespace, name: 'scanner' }, 'sts.amazonaws.com');
    assert.deepEqual(clusterToken(token), {
      subject: `system:serviceaccount:${namespace}:scanner`,
      audiences: ['sts.amazonaws.com'],
    });
    const absent = client.requestToken({ namespace, name: 'nobody' }, 'sts.amazonaws.com');
    await rejects(absent, 'CLUSTER_NOT_FOUND', /serviceaccounts "nobody" not found/);
  });

  it('gives a token only to who may create one', async () => {
    const rules = [{ apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'create'] }];
    const client = await clientOf(await opened().cluster.kubeconfig(rules));
    const asked = client.requestToken({ namespace, name: 'scanner' }, 'sts.amazonaws.com');
    await rejects(asked, 'CLUSTER_FORBIDDEN', /serviceaccounts\/token/);
  });
}
