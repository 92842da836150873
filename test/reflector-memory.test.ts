import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  image,
  type ReflectedCluster,
  type Replica,
  type Status,
  startReflectedCluster,
} from './reflected-cluster.ts';

const putOff = 'holdfast.dev/ScanPutOff';

describe('a scan that waits for memory', () => {
  let cluster: ReflectedCluster;
  let replica: Replica;
  beforeEach(async () => {
    cluster = await startReflectedCluster();
    cluster.push('v1.0.0');
    await cluster.create('ImageRepository', 'app', {
      image: `${cluster.registry.host}/${image}`,
      interval: '1h',
    });
    replica = await cluster.replica('one');
    await cluster.until('ImageRepository', 'app', (status) => readyOf(status) === 'True');
    replica.events.length = 0;
  });
  afterEach(() => cluster.close());

  const request = (token: string): Promise<void> =>
    cluster.patch('ImageRepository', 'app', {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': token } },
    });
  const conditionOf = (status: Status) => status.conditions?.find(({ type }) => type === putOff);
  const said = (): readonly string[] =>
    replica.events.map(({ type, reason, message }) => `${type} ${reason} ${message}`);

  it('says so on the object once, and once more when it begins', async () => {
    replica.setMemoryShort(true);
    await request('first');
    const waiting = await cluster.until('ImageRepository', 'app', (one) => conditionOf(one) !== undefined);
    assert.deepEqual(
      [conditionOf(waiting)?.status, conditionOf(waiting)?.reason, conditionOf(waiting)?.message],
      ['True', 'MemoryShort', 'the scan is put off until memory is free: memory is short'],
    );
    assert.equal(readyOf(waiting), 'True', 'what was ready stays so');
    assert.equal(waiting.lastHandledReconcileAt, undefined, 'what was asked for is not done yet');
    const since = /holdfast_repository_scan_put_off_timestamp_seconds\{.*\} (\d+)/;
    assert.match(await replica.exposeMetrics(), since);

    await request('again');
    await untilPutOffTwice();
    replica.setMemoryShort(false);
    await request('last');
    const done = await cluster.until(
      'ImageRepository',
      'app',
      (one) => one.lastHandledReconcileAt === 'last',
    );
    assert.equal(conditionOf(done), undefined);
    assert.doesNotMatch(await replica.exposeMetrics(), since);
    assert.match(
      said().join('\n'),
      /^Warning MemoryShort the scan is put off .*\nNormal ScanResumed the scan that was put off for \d+ s begins$/,
    );
  });

  it('is not said again by the next replica, which goes on waiting since the same instant', async () => {
    replica.setMemoryShort(true);
    await request('first');
    const before = await cluster.until('ImageRepository', 'app', (one) => conditionOf(one) !== undefined);
    await replica.stop();
    replica = await cluster.replica('one', {}, { isMemoryShort: true });
    await untilSkipped(replica, 1);
    assert.deepEqual(said(), []);
    const after = await cluster.until('ImageRepository', 'app', () => true);
    assert.deepEqual(conditionOf(after), conditionOf(before));
  });

  const untilPutOffTwice = (): Promise<void> => untilSkipped(replica, 2);

  async function untilSkipped(waiting: Replica, times: number): Promise<void> {
    const skipped = new RegExp(`holdfast_scans_total\\{.*outcome="skipped"\\} ${times}\\b`);
    let text = '';
    await cluster.until('ImageRepository', 'app', () => {
      void waiting.exposeMetrics().then((body) => {
        text = body;
      });
      return skipped.test(text);
    });
  }
});

function readyOf(status: Status): string | undefined {
  return status.conditions?.find(({ type }) => type === 'Ready')?.status;
}
