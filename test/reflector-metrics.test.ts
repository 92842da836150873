import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { image, type ReflectedCluster, type Replica, startReflectedCluster } from './reflected-cluster.ts';

describe('the metrics of the controllers', () => {
  let cluster: ReflectedCluster;
  let replica: Replica;

  beforeEach(async () => {
    cluster = await startReflectedCluster();
    cluster.push('v1.0.0');
    await cluster.create('ImageRepository', 'app', {
      image: `${cluster.registry.host}/${image}`,
      interval: '1h',
    });
    await cluster.create('ImagePolicy', 'app', {
      imageRepositoryRef: { name: 'app' },
      policy: { semver: { range: '>=1.0.0' } },
    });
    replica = await cluster.replica('one');
    await cluster.until('ImagePolicy', 'app', (status) => status.latestRef?.tag === 'v1.0.0');
  });
  afterEach(() => cluster.close());

  /** Has the policy looked at again, and answers the value of a metric of it afterwards. */
  async function look(token: string, annotations: Record<string, string | null>, name: string) {
    await cluster.patch('ImagePolicy', 'app', {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token, ...annotations } },
    });
    await cluster.until('ImagePolicy', 'app', (status) => status.lastHandledReconcileAt === token);
    return valueOf(await replica.exposeMetrics(), name);
  }

  const hold = 'holdfast_hold_info';
  const expiry = 'holdfast_hold_expiry_timestamp_seconds';
  const since = 'holdfast_selection_timestamp_seconds';

  it('show the end of a hold that is over for as long as its annotation stands', async () => {
    const until = (at: string) => ({ 'holdfast.dev/hold': 'true', 'holdfast.dev/hold-until': at });
    assert.equal(await look('held', until('2999-01-01T00:00:00Z'), hold), '1');
    assert.equal(await look('over', until('2020-01-01T00:00:00Z'), hold), undefined);
    assert.equal(await look('still', {}, expiry), String(Date.UTC(2020) / 1000));
    assert.equal(
      await look('gone', { 'holdfast.dev/hold': null, 'holdfast.dev/hold-until': null }, expiry),
      undefined,
    );
  });

  it('say since when a tag is selected, also after other looks and another replica', async () => {
    const first = await look('first', {}, since);
    assert.ok(Number(first) > 0);
    assert.equal(await look('second', {}, since), first);
    await replica.stop();
    replica = await cluster.replica('one');
    assert.equal(await look('third', {}, since), first);
  });

  it('are gone with an object that leaves the shard while it is scanned', async () => {
    const name = { namespace: 'default', name: 'moving' };
    const labels = (shard: string) => ({ labels: { shard } });
    await cluster.user.create({
      apiVersion: 'image.toolkit.fluxcd.io/v1',
      kind: 'ImageRepository',
      metadata: { ...name, ...labels('a') },
      spec: { image: `${cluster.registry.host}/${image}`, interval: '1h' },
    });
    const asked = () => cluster.registry.requests.list().length;
    const before = asked();
    cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: 500 } });
    await replica.stop();
    const sharded = await cluster.replica('one', { labelSelector: 'shard=a' });
    await cluster.until('ImageRepository', 'moving', () => asked() > before);
    await cluster.patch('ImageRepository', 'moving', { metadata: labels('b') });
    const runs = /^controller_runtime_reconcile_total\{controller="imagerepository",result="\w+"\} (\d+)$/m;
    let shown = '';
    await until(async () => {
      shown = await sharded.exposeMetrics();
      return Number(runs.exec(shown)?.[1] ?? 0) > 0;
    });
    await until(
      async () => {
        shown = await sharded.exposeMetrics();
        return !shown.includes('name="moving"');
      },
      () => shown,
    );
  });
});

/** Looks again and again, for as long as a slow machine may need. */
async function until(is: () => Promise<boolean>, describe = () => 'it'): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await is()); await pause(20)) {
    assert.ok(performance.now() < deadline, `never came to be: ${describe()}`);
  }
}

function valueOf(exposition: string, name: string): string | undefined {
  return new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(exposition)?.[1];
}
