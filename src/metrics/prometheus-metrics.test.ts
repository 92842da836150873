import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedClock } from '../clock.ts';
import type { Metrics } from './metrics.ts';
import { openMetrics } from './prometheus-metrics.ts';

const repository = { namespace: 'apps', name: 'web' };
const policy = { namespace: 'apps', name: 'web-stable' };
const now = Date.UTC(2026, 10, 21);

async function open(): Promise<Metrics> {
  return openMetrics(fixedClock(now));
}

/** The samples of our metrics, without the process's own and without buckets that count nothing. */
async function samplesOf(metrics: Metrics, pattern: RegExp = /^holdfast_/): Promise<readonly string[]> {
  const { body } = await metrics.expose('text/plain');
  return body
    .split('\n')
    .filter((line) => pattern.test(line) && !line.includes('memory_used') && !line.endsWith(' 0'));
}

describe('metrics', () => {
  it('count a scan and keep what the last complete one said', async () => {
    const metrics = await open();
    metrics.scanned({ repository, outcome: 'complete', durationMs: 2000, tags: 40, added: 2, removed: 1 });
    metrics.scanned({ repository, outcome: 'failed', durationMs: 70_000 });
    metrics.scanned({ repository, outcome: 'skipped', durationMs: 0 });
    assert.deepEqual(await samplesOf(metrics, /^holdfast_(scans|repository)_/), [
      'holdfast_scans_total{namespace="apps",name="web",outcome="complete"} 1',
      'holdfast_scans_total{namespace="apps",name="web",outcome="failed"} 1',
      'holdfast_scans_total{namespace="apps",name="web",outcome="skipped"} 1',
      'holdfast_repository_scan_duration_seconds{namespace="apps",name="web"} 2',
      `holdfast_repository_scanned_timestamp_seconds{namespace="apps",name="web"} ${now / 1000}`,
      'holdfast_repository_tags{namespace="apps",name="web"} 40',
      'holdfast_repository_tag_changes_total{namespace="apps",name="web",change="added"} 2',
      'holdfast_repository_tag_changes_total{namespace="apps",name="web",change="removed"} 1',
    ]);
  });

  it('say of a policy the one tag that it selects now', async () => {
    const metrics = await open();
    for (const tag of ['1.0', '1.1']) {
      metrics.selected({ policy, image: 'ghcr.io/apps/web', tag, selectedAt: now });
    }
    assert.deepEqual(await samplesOf(metrics, /^holdfast_selection/), [
      'holdfast_selection_info{namespace="apps",name="web-stable",image="ghcr.io/apps/web",tag="1.1"} 1',
      `holdfast_selection_timestamp_seconds{namespace="apps",name="web-stable"} ${now / 1000}`,
    ]);
  });

  it('show a hold and its end, its end alone when it is over, and neither when it is taken away', async () => {
    const metrics = await open();
    metrics.held(policy, { isInForce: true, untilAt: now + 1 });
    assert.equal((await samplesOf(metrics)).length, 2);
    metrics.held(policy, { isInForce: false, untilAt: now });
    assert.deepEqual(await samplesOf(metrics), [
      `holdfast_hold_expiry_timestamp_seconds{namespace="apps",name="web-stable"} ${now / 1000}`,
    ]);
    metrics.held(policy, { isInForce: true });
    assert.deepEqual(await samplesOf(metrics), ['holdfast_hold_info{namespace="apps",name="web-stable"} 1']);
    metrics.held(policy, undefined);
    assert.deepEqual(await samplesOf(metrics), []);
  });

  it('keep no series of an object that is gone', async () => {
    const metrics = await open();
    const ours = /web/;
    metrics.scanned({ repository, outcome: 'complete', durationMs: 5, tags: 1, added: 1, moved: 1 });
    metrics.scanned({ repository, outcome: 'suspect', durationMs: 5 });
    metrics.scanPutOff(repository, now);
    metrics.selected({ policy, image: 'web', tag: '1', selectedAt: now });
    metrics.regressionRefused(policy);
    metrics.rolledBackMissing(policy);
    metrics.held(policy, { isInForce: true, untilAt: now });
    for (const [kind, object] of [
      ['ImageRepository', repository],
      ['ImagePolicy', policy],
    ] as const) {
      const controller = kind.toLowerCase();
      metrics.reconciled({ controller, kind, object, result: 'success', waitedMs: 0, durationMs: 1 });
    }
    assert.ok((await samplesOf(metrics, ours)).length > 15);
    metrics.forget('ImageRepository', repository);
    metrics.forget('ImagePolicy', policy);
    assert.deepEqual(await samplesOf(metrics, ours), []);
  });

  it('keep nothing that only the leader knows, when it ends to be one', async () => {
    const metrics = await open();
    metrics.selected({ policy, image: 'web', tag: '1', selectedAt: now });
    metrics.held(policy, { isInForce: true, untilAt: now });
    metrics.forgetAll();
    assert.deepEqual(await samplesOf(metrics), []);
    metrics.selected({ policy, image: 'web', tag: '2', selectedAt: now });
    assert.equal((await samplesOf(metrics)).length, 2);
  });

  it('count hosts together beyond a hundred', async () => {
    const metrics = await open();
    for (let at = 0; at < 500; at += 1) {
      metrics.registryAnswered({ host: `r${at}.example`, status: 200, rateLimitRemaining: 7 });
    }
    metrics.registryAnswered({ host: 'r3.example', status: undefined });
    const samples = await samplesOf(metrics, /^holdfast_registry_requests/);
    assert.equal(samples.length, 102);
    assert.ok(samples.includes('holdfast_registry_requests_total{host="other",status="200"} 400'));
    assert.ok(samples.includes('holdfast_registry_requests_total{host="r3.example",status="none"} 1'));
  });

  it('count requests to the API server as client-go does', async () => {
    const metrics = await open();
    const host = '10.96.0.1:443';
    metrics.apiServerAnswered({ host, method: 'GET', status: 200 });
    metrics.apiServerAnswered({ host, method: 'PATCH', status: undefined });
    assert.deepEqual(await samplesOf(metrics, /^rest_client/), [
      `rest_client_requests_total{code="200",method="GET",host="${host}"} 1`,
      `rest_client_requests_total{code="<error>",method="PATCH",host="${host}"} 1`,
    ]);
  });

  it('say nothing of a limit where there is none', async () => {
    const metrics = await open();
    metrics.memory({ usedBytes: 5, limitBytes: undefined });
    assert.deepEqual(await samplesOf(metrics), []);
    metrics.memory({ usedBytes: 5, limitBytes: 10 });
    assert.deepEqual(await samplesOf(metrics), ['holdfast_memory_limit_bytes 10']);
  });

  it('time reconciles in the ten buckets that Flux has', async () => {
    const metrics = await open();
    metrics.reconciled({
      controller: 'imagepolicy',
      kind: 'ImagePolicy',
      object: policy,
      result: 'error',
      waitedMs: 20,
      durationMs: 1500,
    });
    metrics.queued('imagepolicy', { depth: 2, running: 1 });
    const { body } = await metrics.expose(undefined);
    const bounds = [...body.matchAll(/^gotk_reconcile_duration_seconds_bucket\{.*le="([^"]+)".*\}/gm)];
    assert.equal(bounds.length, 11);
    assert.deepEqual(
      [bounds[0]?.[1], Number(bounds[9]?.[1]).toFixed(6), bounds[10]?.[1]],
      ['0.01', '1800.000000', '+Inf'],
    );
    assert.match(body, /^controller_runtime_reconcile_errors_total\{controller="imagepolicy"\} 1$/m);
    assert.match(body, /^workqueue_depth\{name="imagepolicy"\} 2$/m);
  });
});
