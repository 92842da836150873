import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openLedger } from '../src/ledger/open-ledger.ts';
import { parseRepository } from '../src/reference/repository.ts';
import { parseTag } from '../src/reference/tag.ts';
import {
  image,
  type ReflectedCluster,
  type Replica,
  type Status,
  startReflectedCluster,
} from './reflected-cluster.ts';

describe('a selected tag that is pushed again', () => {
  let cluster: ReflectedCluster;
  let replica: Replica;
  let requests = 0;

  beforeEach(async () => {
    cluster = await startReflectedCluster();
    cluster.push('v1.0.0', 'v0.9.0');
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

  async function scan(): Promise<void> {
    requests += 1;
    const token = `request-${requests}`;
    await cluster.patch('ImageRepository', 'app', {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } },
    });
    await cluster.until('ImageRepository', 'app', (status) => status.lastHandledReconcileAt === token);
  }

  const rebuild = (tag: string): void => {
    cluster.registry.pushImage({ repository: image, tag, labels: { rebuilt: String(requests) } });
  };
  const said = (): readonly string[] =>
    replica.events
      .filter(({ reason }) => reason === 'TagMoved')
      .map(({ type, message }) => `${type} ${message}`);
  const heads = (): number =>
    cluster.registry.requests
      .list({ path: `/v2/${image}/manifests/` })
      .filter(({ method }) => method === 'HEAD').length;

  it('is told on the policy, once, counted, and kept in the history', async () => {
    await scan();
    assert.deepEqual(said(), []);
    rebuild('v1.0.0');
    rebuild('v0.9.0');
    await scan();
    const moved = await cluster.until('ImagePolicy', 'app', (status) => movedOf(status) !== undefined);
    assert.match(
      movedOf(moved)?.message ?? '',
      /^v1\.0\.0 was pushed again: seen as sha256:[0-9a-f]{64} until \S+, as sha256:[0-9a-f]{64} since \S+; nodes that /,
    );
    assert.deepEqual(
      [moved.latestRef?.tag, moved.latestRef?.digest],
      ['v1.0.0', undefined],
      'a policy that reflects no digest goes on to reflect none',
    );
    await scan();
    assert.deepEqual(said(), [`Warning ${movedOf(moved)?.message}`]);
    const metrics = await replica.exposeMetrics();
    assert.match(metrics, /^holdfast_selected_tag_moves_total\{namespace="default",name="app"\} 1$/m);
    assert.match(metrics, /^holdfast_repository_tag_changes_total\{.*change="moved"\} 1$/m);
    await replica.stop();
    const ledger = await openLedger(join(cluster.folder, 'one.db'), { env: {}, cwd: cluster.folder });
    const repository = parseRepository(`${cluster.registry.host}/${image}`);
    assert.equal((await ledger.listObservations(repository, parseTag('v1.0.0'))).length, 2);
    await ledger.close();
  });

  it('is told no more when another tag is selected', async () => {
    await scan();
    rebuild('v1.0.0');
    await scan();
    await cluster.until('ImagePolicy', 'app', (status) => movedOf(status) !== undefined);
    cluster.push('v1.1.0');
    await scan();
    const status = await cluster.until('ImagePolicy', 'app', (one) => one.latestRef?.tag === 'v1.1.0');
    assert.equal(movedOf(status), undefined);
  });

  it('is told by the replica that comes after a crash between seeing it and saying it', async () => {
    await scan();
    rebuild('v1.0.0');
    await scan();
    const before = await cluster.until('ImagePolicy', 'app', (status) => movedOf(status) !== undefined);
    await replica.stop();
    const { conditions = [] } = before;
    await cluster.patch('ImagePolicy', 'app', {
      status: { conditions: conditions.filter(({ type }) => type !== 'holdfast.dev/TagMoved') },
    });
    replica = await cluster.replica('one');
    const after = await cluster.until('ImagePolicy', 'app', (status) => movedOf(status) !== undefined);
    assert.equal(movedOf(after)?.message, movedOf(before)?.message);
  });

  it('costs one HEAD in each interval, and none where nobody wants to know', async () => {
    await scan();
    await scan();
    assert.equal(heads(), 2, 'one for each scan, with an interval of a millisecond');
    await replica.stop();
    replica = await cluster.replica('one', { selectedDigestMs: 3_600_000 });
    await scan();
    assert.equal(heads(), 2, 'it was asked a moment ago');
    await replica.stop();
    replica = await cluster.replica('two', { selectedDigestMs: undefined });
    await scan();
    assert.equal(heads(), 2);
  });

  it('does not fail the scan where the registry does not answer for it', async () => {
    await scan();
    cluster.registry.faults.add({ match: { endpoint: 'manifest' }, fault: { kind: 'status', status: 403 } });
    await scan();
    const status = await cluster.until('ImageRepository', 'app', () => true);
    assert.equal(status.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
    assert.ok(replica.lines.some((line) => line.includes('cannot ask what v1.0.0 points to')));
  });
});

function movedOf(status: Status) {
  return status.conditions?.find(({ type }) => type === 'holdfast.dev/TagMoved');
}
