import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import {
  image,
  type ReflectedCluster,
  readyOf,
  type Status,
  startReflectedCluster,
} from './reflected-cluster.ts';
import type { ReflectedApis } from './reflector-contract.ts';

/** What becomes of objects whose spec somebody changes in place. */
export function changesContract(
  name: string,
  start: () => Promise<ReflectedApis>,
  { skip = false }: { readonly skip?: false | string } = {},
): void {
  describe(`objects that are changed in place, on ${name}`, { skip }, () => {
    let apis: ReflectedApis;
    let cluster: ReflectedCluster;
    before(async () => {
      apis = await start();
    });
    after(() => apis?.stop());
    beforeEach(async () => {
      cluster = await startReflectedCluster(() => apis.open());
      cluster.push('1.0.0', '1.1.0');
    });
    afterEach(() => cluster.close());

    const create = async (spec: Record<string, unknown> = {}): Promise<void> => {
      const whole = { image: `${cluster.registry.host}/${image}`, interval: '1h', ...spec };
      await cluster.create('ImageRepository', 'app', whole);
      await cluster.create('ImagePolicy', 'app', {
        imageRepositoryRef: { name: 'app' },
        policy: { semver: { range: '*' } },
      });
    };
    const change = (spec: Record<string, unknown>): Promise<void> =>
      cluster.patch('ImageRepository', 'app', { spec });
    const annotate = (value: string): Promise<void> =>
      cluster.patch('ImageRepository', 'app', {
        metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': value } },
      });
    const untilSelected = (tag: string): Promise<Status> =>
      cluster.until('ImagePolicy', 'app', ({ latestRef }) => latestRef?.tag === tag);
    const untilObserved = (generation: number): Promise<Status> =>
      cluster.until('ImageRepository', 'app', ({ observedGeneration }) => observedGeneration === generation);
    const scans = (): number =>
      cluster.registry.requests.list({ path: `/v2/${image}/tags/list`, method: 'GET' }).length;

    it('observes exclusions in another order without a scan, and scans for one that is given twice', async () => {
      await create({ exclusionList: ['^9', '^8'] });
      await cluster.replica('one');
      await untilSelected('1.1.0');
      await change({ exclusionList: ['^8', '^9'] });
      const status = await untilObserved(2);
      assert.deepEqual(status['observedExclusionList'], ['^8', '^9']);
      assert.equal(scans(), 1);
      await change({ exclusionList: ['^8', '^9', '^9'] });
      assert.deepEqual((await untilObserved(3))['observedExclusionList'], ['^8', '^9', '^9']);
      assert.equal(scans(), 2);
    });

    it('says that there are no tags where all of them are excluded by now, and keeps what is selected', async () => {
      await create();
      await cluster.replica('one');
      await untilSelected('1.1.0');
      await change({ exclusionList: ['.'] });
      const { latestRef } = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => readyOf(status)?.reason === 'DependencyNotReady',
      );
      assert.equal(latestRef?.tag, '1.1.0');
    });

    it('says at once that a Secret it is to use is not there, and asks no registry', async () => {
      await create();
      await cluster.replica('one');
      await untilSelected('1.1.0');
      await change({ secretRef: { name: 'nobody' } });
      const status = await cluster.until(
        'ImageRepository',
        'app',
        (one) => readyOf(one)?.reason === 'AuthenticationFailed',
      );
      assert.match(readyOf(status)?.message ?? '', /secrets "nobody" not found$/);
      assert.equal(scans(), 1);
      await change({ secretRef: null });
      await untilObserved(3);
    });

    it('takes an empty request for none, and one that was emptied for another', async () => {
      await create();
      await cluster.replica('one');
      await untilSelected('1.1.0');
      await annotate('');
      await change({ timeout: '5s' });
      assert.equal((await untilObserved(2)).lastHandledReconcileAt, undefined);
      assert.equal(scans(), 1);
      await annotate('now');
      await cluster.until('ImageRepository', 'app', (one) => one.lastHandledReconcileAt === 'now');
      await annotate('');
      await cluster.until('ImageRepository', 'app', (one) => one.lastHandledReconcileAt === undefined);
      assert.equal(scans(), 3);
    });

    it('observes the generation of what is suspended while it is stalled', async () => {
      await create({ image: 'https://example.com/app' });
      await cluster.replica('one');
      await untilObserved(1);
      await change({ suspend: true });
      await untilObserved(2);
    });

    it('is not scanned again and again at an interval of nothing', async () => {
      await create({ interval: '0s' });
      await cluster.replica('one');
      await untilSelected('1.1.0');
      await cluster.create('ImageRepository', 'barrier', {
        image: `${cluster.registry.host}/${image}`,
        interval: '1h',
      });
      await cluster.until('ImageRepository', 'barrier', (one) => readyOf(one)?.status === 'True');
      // Whatever looks at it scans, as in Flux; by itself nothing does.
      assert.ok(scans() < 6, `${scans()} scans`);
    });

    it('finds no repository of another shard', async () => {
      await create();
      await cluster.patch('ImagePolicy', 'app', { metadata: { labels: { shard: 'one' } } });
      await cluster.replica('one', { labelSelector: 'shard=one' });
      const status = await cluster.until(
        'ImagePolicy',
        'app',
        (one) => readyOf(one)?.reason === 'DependencyNotReady',
      );
      assert.match(
        readyOf(status)?.message ?? '',
        /referenced ImageRepository does not exist: .* "app" not found$/,
      );
    });

    it('chooses from a repository that is going for as long as it is there, and answers for it', async () => {
      await create();
      await cluster.replica('one');
      await untilSelected('1.1.0');
      await cluster.patch('ImageRepository', 'app', { metadata: { finalizers: ['example.com/hold'] } });
      await cluster.user.remove('ImageRepository', { namespace: 'default', name: 'app' });
      await cluster.patch('ImagePolicy', 'app', { spec: { policy: { semver: { range: '1.0.x' } } } });
      await untilSelected('1.0.0');
      await annotate('asked');
      await cluster.until('ImageRepository', 'app', (one) => one.lastHandledReconcileAt === 'asked');
      await cluster.patch('ImageRepository', 'app', { metadata: { finalizers: [] } });
      await cluster.until('ImagePolicy', 'app', (status) => readyOf(status)?.reason === 'DependencyNotReady');
    });
  });
}
