import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openKubernetesClient } from '../src/cluster/api-client.ts';
import { ClusterError, type ClusterErrorCode } from '../src/cluster/errors.ts';
import type { ForeignObject } from '../src/cluster/foreign-value.ts';
import { openClusterAccess } from '../src/cluster/kubeconfig.ts';
import type { KubernetesClient, KubernetesObject, ResourceKind } from '../src/cluster/kubernetes-client.ts';
import type { AccessRule } from './kubernetes/service-account.ts';

export type ClusterUnderTest = {
  /** A kubeconfig of somebody who may do what these rules say in every namespace, and nothing else. */
  kubeconfig(rules: readonly AccessRule[]): Promise<string>;
  /** A kubeconfig with a token that nobody gave out. */
  strangersKubeconfig(): Promise<string>;
  /** Cuts every watch in the middle. */
  cut(): Promise<void>;
  /** Makes the server forget what happened before. */
  forget(): Promise<void>;
  close(): Promise<void>;
};

const configMaps: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const events: ResourceKind = { group: '', version: 'v1', kind: 'Event', plural: 'events' };
const leases: ResourceKind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
};
const policies: ResourceKind = {
  group: 'image.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
};

/** The kinds that the suite needs, by plural: what a fake has to serve. */
export const contractPlurals: readonly string[] = ['configmaps', 'events', 'leases', 'imagepolicies'];

const everything: readonly AccessRule[] = [
  {
    apiGroups: ['', leases.group, policies.group],
    resources: [...contractPlurals, 'imagepolicies/status'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
];

/** The one namespace that is everywhere. */
const namespace = 'default';

/** More than a page of 500, so that lists need two. */
const manyObjects = 510;

/** Before a test that waits for events is given up. */
const eventsMs = 30_000;

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
    lists(opened);
    watches(opened);
    access(opened);
  });
}

type Opened = { readonly cluster: ClusterUnderTest; readonly client: KubernetesClient };

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
    const again = await client.mergePatch(policies, place, { spec: first['spec'] }, { fieldManager });
    assert.equal(again.metadata['resourceVersion'], first.metadata['resourceVersion']);
  });
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

const fieldManager = 'holdfast-test';

async function clientOf(kubeconfig: string): Promise<KubernetesClient> {
  return openKubernetesClient(await openClusterAccess({ kubeconfig, env: {}, cwd: '/' }));
}

type Made = ForeignObject & { readonly metadata: ForeignObject };

function configMap(name: string, data: ForeignObject = {}, labels: ForeignObject = {}): Made {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
}

function policy(name: string): Made & { readonly spec: ForeignObject } {
  return {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata: { name, namespace },
    spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '>=1.0.0' } } },
  };
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

async function rejects(promise: Promise<unknown>, code: ClusterErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof ClusterError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(!`${error.message} ${error.hint}`.includes('secret'));
    return true;
  });
}
