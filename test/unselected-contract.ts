import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import {
  conditionOf,
  image,
  type ReflectedCluster,
  readyOf,
  type Status,
  startReflectedCluster,
} from './reflected-cluster.ts';
import type { ReflectedApis } from './reflector-contract.ts';

const requestedAt = 'reconcile.fluxcd.io/requestedAt';

/** What an ImagePolicy says that selects nothing: in Ready what Flux says, beside it why. */
export function unselectedContract(
  name: string,
  start: () => Promise<ReflectedApis>,
  { skip = false }: { readonly skip?: false | string } = {},
): void {
  describe(`a policy that selects nothing, on ${name}`, { skip }, () => {
    let apis: ReflectedApis;
    let cluster: ReflectedCluster;
    before(async () => {
      apis = await start();
    });
    after(() => apis?.stop());
    beforeEach(async () => {
      cluster = await startReflectedCluster(() => apis.open());
    });
    afterEach(() => cluster.close());

    const imageName = (): string => `${cluster.registry.host}/${image}`;
    const create = async (repository: Record<string, unknown> = {}): Promise<void> => {
      const spec = { image: imageName(), interval: '1h', ...repository };
      await cluster.create('ImageRepository', 'app', spec);
      await cluster.create('ImagePolicy', 'app', {
        imageRepositoryRef: { name: 'app' },
        filterTags: { pattern: '^v' },
        policy: { semver: { range: '>=2.0.0' } },
      });
    };
    const says = (reason: string): Promise<Status> =>
      cluster.until('ImagePolicy', 'app', (status) => selectionOf(status)?.reason === reason);
    const annotate = (annotations: Record<string, string | null>): Promise<void> =>
      cluster.patch('ImagePolicy', 'app', { metadata: { annotations } });

    it('says how its tags fail it, and writes that once', async () => {
      cluster.push('v1.0.0', 'v1.1.0', 'vain', 'latest');
      await create();
      const replica = await cluster.replica('one');
      const status = await says('NothingMatches');
      assert.equal(selectionOf(status)?.status, 'False');
      assert.equal(
        selectionOf(status)?.message,
        'nothing is selected: none of 4 tags matches, and 3 pass the filter; v1.0.0 lies outside the range >=2.0.0 (2 tags); latest does not match the filter (1 tag); vain is no semantic version (1 tag)',
      );
      assert.deepEqual(
        [readyOf(status)?.reason, readyOf(status)?.message],
        ['Failure', 'unable to determine latest version from provided list'],
      );
      await annotate({ [requestedAt]: 'look' });
      const again = await cluster.until('ImagePolicy', 'app', (one) => one.lastHandledReconcileAt === 'look');
      assert.deepEqual(again.conditions, status.conditions);
      assert.deepEqual(
        replica.events.filter(({ object }) => object.kind === 'ImagePolicy').map(({ reason }) => reason),
        ['Failure'],
      );
      cluster.push('v0.9.0');
      await cluster.patch('ImageRepository', 'app', { metadata: { annotations: { [requestedAt]: 'more' } } });
      await cluster.until(
        'ImagePolicy',
        'app',
        (one) => selectionOf(one)?.message.includes('none of 5 tags matches, and 4 pass') === true,
      );
      cluster.push('v2.0.0');
      await cluster.patch('ImageRepository', 'app', { metadata: { annotations: { [requestedAt]: 'best' } } });
      const selected = await says('UpToDate');
      assert.equal(selected.latestRef?.tag, 'v2.0.0');
    });

    it('says with what its ImageRepository fails, and that it is suspended', async () => {
      cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'status', status: 403 } });
      await create();
      await cluster.replica('one');
      const failing = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => selectionOf(status)?.message.includes('fails with') === true,
      );
      assert.equal(selectionOf(failing)?.reason, 'NotSeenWhole');
      assert.match(
        selectionOf(failing)?.message ?? '',
        /^nothing is selected: ImageRepository default\/app fails with ReadOperationFailed: scan failed: .* 403/,
      );
      assert.deepEqual(
        [readyOf(failing)?.reason, readyOf(failing)?.message],
        ['DependencyNotReady', 'retrying in 300ms error: no tags in database'],
      );
      await cluster.patch('ImageRepository', 'app', { spec: { suspend: true } });
      const suspended = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => selectionOf(status)?.message.includes('is suspended') === true,
      );
      assert.equal(readyOf(suspended)?.message, readyOf(failing)?.message);
      await cluster.user.remove('ImageRepository', { namespace: 'default', name: 'app' });
      const alone = await cluster.until(
        'ImagePolicy',
        'app',
        (status) => readyOf(status)?.message.includes('does not exist') === true,
      );
      assert.equal(selectionOf(alone), undefined, 'what is not known any more is not said any more');
    });

    it('says which tag waits for its age, and until when, which is no warning', async () => {
      cluster.push('v2.0.0');
      const spec = { image: imageName(), interval: '1h' };
      await cluster.create('ImageRepository', 'app', spec);
      await cluster.user.create({
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImagePolicy',
        metadata: {
          namespace: 'default',
          name: 'app',
          annotations: { 'holdfast.dev/minimum-age': '72h' },
        },
        spec: { imageRepositoryRef: { name: 'app' }, policy: { semver: { range: '*' } } },
      } as Parameters<typeof cluster.user.create>[0]);
      const replica = await cluster.replica('one');
      const waiting = await says('AwaitingAge');
      assert.match(
        selectionOf(waiting)?.message ?? '',
        /^nothing is selected: v2\.0\.0 waits until \d{4}-\S+Z, younger than holdfast\.dev\/minimum-age asks for$/,
      );
      assert.equal(readyOf(waiting)?.reason, 'Failure');
      await annotate({ [requestedAt]: 'look' });
      await cluster.until('ImagePolicy', 'app', (one) => one.lastHandledReconcileAt === 'look');
      assert.deepEqual(
        replica.events
          .filter(({ object }) => object.kind === 'ImagePolicy')
          .map(({ type, reason, message }) => [type, reason, message]),
        [['Normal', 'AwaitingAge', selectionOf(waiting)?.message]],
      );
      await annotate({ 'holdfast.dev/minimum-age': null });
      assert.equal((await says('UpToDate')).latestRef?.tag, 'v2.0.0');
    });
  });
}

function selectionOf(status: Status) {
  return conditionOf(status, 'holdfast.dev/Selection');
}
