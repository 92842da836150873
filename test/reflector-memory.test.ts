import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  image,
  type ReflectedCluster,
  type Replica,
  readyOf,
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
    await cluster.until('ImageRepository', 'app', (status) => readyOf(status)?.status === 'True');
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
    assert.equal(readyOf(waiting)?.status, 'True', 'what was ready stays so');
    assert.equal(waiting.lastHandledReconcileAt, undefined, 'what was asked for is not done yet');
    const since = /holdfast_repository_scan_put_off_timestamp_seconds\{.*\} (\d+)/;
    assert.match(await replica.exposeMetrics(), since);

    const looks = () => replica.lines.filter((line) => line.includes('put off until memory is free')).length;
    const before = looks();
    await cluster.until('ImageRepository', 'app', () => looks() > before);
    assert.match(await replica.exposeMetrics(), /^holdfast_scans_total\{.*outcome="skipped"\} 1$/m);
    replica.setMemoryShort(false);
    // Nobody asks again: it is looked at by itself.
    const done = await cluster.until(
      'ImageRepository',
      'app',
      (one) => one.lastHandledReconcileAt === 'first',
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

  it('begins as soon as the one before it has ended, and a short wait is nobody’s news', async () => {
    replica.setScansMax(1);
    const names = ['b', 'c', 'd', 'e'];
    for (const name of names) {
      cluster.registry.pushImage({ repository: `team/${name}`, tag: 'v1.0.0', labels: {} });
    }
    cluster.registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: 200 } });
    for (const name of names) {
      const spec = { image: `${cluster.registry.host}/team/${name}`, interval: '1h' };
      await cluster.create('ImageRepository', name, spec);
    }
    for (const name of names) {
      const status = await cluster.until('ImageRepository', name, (one) => readyOf(one)?.status === 'True');
      assert.equal(conditionOf(status), undefined);
    }
    assert.match(
      await replica.exposeMetrics(),
      /^holdfast_scans_total\{.*outcome="skipped"\} 1$/m,
      'some waited',
    );
    assert.doesNotMatch(said().join('\n'), /MemoryShort|ScanResumed/);
  });

  it('lets the next one run where what waited first may not be scanned any more', async () => {
    replica.setMemoryShort(true);
    await request('first');
    await cluster.until('ImageRepository', 'app', (one) => conditionOf(one) !== undefined);
    cluster.registry.pushImage({ repository: 'team/next', tag: 'v1.0.0', labels: {} });
    const spec = { image: `${cluster.registry.host}/team/next`, interval: '1h' };
    await cluster.create('ImageRepository', 'next', spec);
    await cluster.until('ImageRepository', 'next', (one) => conditionOf(one) !== undefined);
    await cluster.patch('ImageRepository', 'app', { spec: { image: 'http://no.such' } });
    await cluster.until('ImageRepository', 'app', (one) => readyOf(one)?.status === 'False');
    replica.setMemoryShort(false);
    await cluster.until('ImageRepository', 'next', (one) => readyOf(one)?.status === 'True');
    assert.ok(said().some((line) => line.startsWith('Normal ScanResumed')));
  });

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
