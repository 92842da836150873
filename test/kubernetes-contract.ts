import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KubernetesClient, KubernetesObject } from '../src/cluster/kubernetes-client.ts';
import { candidateContract } from './candidate-contract.ts';
import {
  type ClusterUnderTest,
  clientOf,
  configMap,
  configMaps,
  contractPlurals,
  events,
  fieldManager,
  leases,
  namespace,
  type Opened,
  policies,
  policy,
  rejects,
} from './cluster/contract-objects.ts';
import type { AccessRule } from './kubernetes/service-account.ts';
import { secretContract } from './secret-contract.ts';
import { watchContract } from './watch-contract.ts';

const everything: readonly AccessRule[] = [
  {
    apiGroups: ['', leases.group, policies.group],
    resources: [...contractPlurals, 'imagepolicies/status', 'serviceaccounts/token'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
];

/**
 * All that the controllers need of the Kubernetes API, against one server. The same suite runs on our fake
 * and on a real kube-apiserver, so that what is built on the fake also holds in a cluster.
 */
export function kubernetesContract(
  name: string,
  open: () => Promise<ClusterUnderTest>,
  { skip = false }: { readonly skip?: false | string } = {},
): void {
  describe(`a Kubernetes client and ${name}`, { skip }, () => {
    let cluster: ClusterUnderTest;
    let client: KubernetesClient;
    before(async () => {
      cluster = await open();
      client = await clientOf(await cluster.kubeconfig(everything));
    });
    after(() => cluster?.close());
    const opened = (): Opened => ({ cluster, client });
    objects(opened);
    races(opened);
    statuses(opened);
    watchContract(opened);
    candidateContract(opened);
    secretContract(opened);
    access(opened);
  });
}

function objects(opened: () => Opened): void {
  it('creates, reads and removes an object', async () => {
    const { client } = opened();
    const created = await client.create(configMaps, namespace, configMap('made', { key: 'value' }));
    assert.deepEqual(created['data'], { key: 'value' });
    assert.match(String(created.metadata['resourceVersion']), /^\d+$/);
    assert.match(String(created.metadata['uid']), /^[\da-f-]{36}$/);
    assert.deepEqual(await client.read(configMaps, { namespace, name: 'made' }), created);
    await client.remove(configMaps, { namespace, name: 'made' });
    assert.equal(await client.read(configMaps, { namespace, name: 'made' }), undefined);
  });

  it('is content with the absence of what is removed', async () => {
    await opened().client.remove(configMaps, { namespace, name: 'never-made' });
  });

  it('makes a name where only its beginning is given, as events have it', async () => {
    const event = await opened().client.create(events, namespace, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: 'app.' },
      involvedObject: { kind: 'ConfigMap', namespace, name: 'app' },
      reason: 'Tested',
      message: 'it was tested',
      type: 'Normal',
    });
    assert.match(String(event.metadata['name']), /^app\.\w{5}$/);
  });

  it('says that a namespace is not there', async () => {
    const { client } = opened();
    const object = { ...configMap('made'), metadata: { name: 'made' } };
    const made = client.create(configMaps, 'nowhere', object);
    await rejects(made, 'CLUSTER_NOT_FOUND', /namespaces "nowhere" not found/);
    const mixedUp = client.create(configMaps, 'nowhere', configMap('made'));
    await rejects(mixedUp, 'CLUSTER_ANSWER_INVALID', /namespace of the provided object does not match/);
  });

  it('keeps an object that has a finalizer until that is taken away', async () => {
    const { client } = opened();
    const place = { namespace, name: 'finalized' };
    const { metadata, ...rest } = configMap('finalized');
    await client.create(configMaps, namespace, {
      ...rest,
      metadata: { ...metadata, finalizers: ['holdfast.dev/test'] },
    });
    await client.remove(configMaps, place);
    const marked = await client.read(configMaps, place);
    assert.match(String(marked?.metadata['deletionTimestamp']), /^\d{4}-/);
    await client.mergePatch(configMaps, place, { metadata: { finalizers: null } }, { fieldManager });
    assert.equal(await client.read(configMaps, place), undefined);
  });
}

function races(opened: () => Opened): void {
  it('refuses to create what is there', async () => {
    const { client } = opened();
    await client.create(configMaps, namespace, configMap('twice'));
    const again = client.create(configMaps, namespace, configMap('twice'));
    await rejects(again, 'CLUSTER_CONFLICT', /"twice" already exists/);
  });

  it('refuses to replace what somebody else wrote since', async () => {
    const { client } = opened();
    const first = await client.create(configMaps, namespace, configMap('raced'));
    await client.replace(configMaps, { ...first, data: { by: 'one' } });
    const late = client.replace(configMaps, { ...first, data: { by: 'two' } });
    await rejects(late, 'CLUSTER_CONFLICT', /the object has been modified/);
    const kept = await client.read(configMaps, { namespace, name: 'raced' });
    assert.deepEqual(kept?.['data'], { by: 'one' });
  });

  it('refuses a patch that was made from an older version, and takes one without', async () => {
    const { client } = opened();
    const place = { namespace, name: 'patched' };
    const first = await client.create(configMaps, namespace, configMap('patched', { kept: '1', gone: '2' }));
    const { resourceVersion } = first.metadata;
    const patch = { metadata: { resourceVersion }, data: { gone: null, added: '3' } };
    const patched = await client.mergePatch(configMaps, place, patch, { fieldManager });
    assert.deepEqual(patched['data'], { kept: '1', added: '3' });
    const late = client.mergePatch(configMaps, place, patch, { fieldManager });
    await rejects(late, 'CLUSTER_CONFLICT', /the object has been modified/);
    await client.mergePatch(configMaps, place, { data: { added: '4' } }, { fieldManager });
  });

  it('lets exactly one of many take over a lease', async () => {
    const { client } = opened();
    const lease = await client.create(leases, namespace, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'leader' },
      spec: { holderIdentity: 'nobody', leaseDurationSeconds: 15 },
    });
    const tries = Array.from({ length: 8 }, (_, at) =>
      client.replace(leases, {
        ...lease,
        spec: { holderIdentity: `replica-${at}`, leaseDurationSeconds: 15 },
      }),
    );
    const outcomes = await Promise.allSettled(tries);
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const now = await client.read(leases, { namespace, name: 'leader' });
    assert.partialDeepStrictEqual(now?.['spec'], { holderIdentity: `replica-${winner}` });
  });

  it('refuses to replace a lease without saying which version', async () => {
    const { client } = opened();
    const bare = { metadata: { name: 'leader', namespace }, spec: {} };
    const replaced = client.replace(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...bare });
    await rejects(replaced, 'CLUSTER_ANSWER_INVALID', /must be specified for an update/);
  });
}

function statuses(opened: () => Opened): void {
  it('writes status by itself, and counts only changes of the rest', async () => {
    const { client } = opened();
    const place = { namespace, name: 'app' };
    const made = await client.create(policies, namespace, { ...policy('app'), status: { forged: true } });
    assert.equal(made.metadata['generation'], 1);
    assert.ok(!JSON.stringify(made).includes('forged'));

    const status = { observedGeneration: 1, latestRef: { name: 'app', tag: '1.0' } };
    const told = await client.mergePatch(
      policies,
      place,
      { status, spec: { suspend: true } },
      { fieldManager, subresource: 'status' },
    );
    assert.partialDeepStrictEqual(told['status'], status);
    assert.partialDeepStrictEqual(told['spec'], policy('app').spec);
    assert.ok(!JSON.stringify(told['spec']).includes('suspend'));
    assert.equal(told.metadata['generation'], 1);

    const patch = { status: { latestRef: { tag: '0.9' } }, spec: { suspend: true } };
    const changed = await client.mergePatch(policies, place, patch, { fieldManager });
    assert.partialDeepStrictEqual(changed['status'], status);
    assert.equal(changed.metadata['generation'], 2);
  });

  it('refuses a status made from an older version', async () => {
    const { client } = opened();
    const first = await client.create(policies, namespace, policy('raced'));
    const withTag = (tag: string): KubernetesObject => ({
      ...first,
      status: { latestRef: { name: 'app', tag } },
    });
    const options = { fieldManager, subresource: 'status' } as const;
    await client.replace(policies, withTag('2.0'), options);
    await rejects(client.replace(policies, withTag('1.0'), options), 'CLUSTER_CONFLICT', /modified/);
    const kept = await client.read(policies, { namespace, name: 'raced' });
    assert.partialDeepStrictEqual(kept?.['status'], { latestRef: { tag: '2.0' } });
  });

  it('takes a write that changes nothing for none', async () => {
    const { client } = opened();
    const first = await client.create(policies, namespace, policy('same'));
    const place = { namespace, name: 'same' };
    const same = () => client.mergePatch(policies, place, { spec: first['spec'] }, { fieldManager });
    // The status that the definition gives to a new object is stored with its first write.
    const settled = await same();
    const again = await same();
    assert.equal(again.metadata['resourceVersion'], settled.metadata['resourceVersion']);
  });
}

function access(opened: () => Opened): void {
  const reading: readonly AccessRule[] = [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
    { apiGroups: [policies.group], resources: ['imagepolicies'], verbs: ['get', 'update', 'patch'] },
  ];

  it('is told what is forbidden', async () => {
    const client = await clientOf(await opened().cluster.kubeconfig(reading));
    await client.list(configMaps, {}, () => undefined);
    const created = client.create(configMaps, namespace, configMap('forbidden'));
    await rejects(created, 'CLUSTER_FORBIDDEN', /cannot create resource "configmaps" in API group ""/);
    const listed = client.list(leases, { namespace }, () => undefined);
    await rejects(listed, 'CLUSTER_FORBIDDEN', /leases.*in the namespace "default"/);
    const status = { fieldManager, subresource: 'status' } as const;
    const told = client.mergePatch(policies, { namespace, name: 'app' }, { status: {} }, status);
    await rejects(told, 'CLUSTER_FORBIDDEN', /imagepolicies\/status/);
  });

  it('is told that nobody knows its token, without the token', async () => {
    const client = await clientOf(await opened().cluster.strangersKubeconfig());
    const listed = client.list(configMaps, {}, () => undefined);
    await rejects(listed, 'CLUSTER_UNAUTHORIZED', /Unauthorized/);
  });
}
