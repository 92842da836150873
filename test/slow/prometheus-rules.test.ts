/** The alerts, asked by Prometheus' own promtool over series that the program's own metrics gave. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { Metrics } from '../../src/metrics/metrics.ts';
import { openMetrics } from '../../src/metrics/prometheus-metrics.ts';
import { findKubectl } from '../kubernetes/kubectl.ts';
import { findTool, runTool } from '../tools.ts';

/** In Debian's package prometheus. */
const promtool = findTool('promtool');
const kubectl = await findKubectl();

const repository = { namespace: 'apps', name: 'web' };
const policy = { namespace: 'apps', name: 'web' };
const minuteMs = 60_000;

/** What happens in which minute, and in which minutes its alert burns, or does not. */
type Scenario = {
  readonly name: string;
  readonly alert: string;
  readonly happens: Readonly<Record<number, (metrics: Metrics) => void>>;
  readonly burnsAt: readonly number[];
  readonly isOutAt: readonly number[];
};

const selected = (metrics: Metrics): void =>
  metrics.selected({ policy, image: 'ghcr.io/acme/web', tag: '1.0.0', selectedAt: 0 });
const failed = (metrics: Metrics): void =>
  metrics.scanned({ repository, outcome: 'failed', durationMs: 1000 });

const scenarios: readonly Scenario[] = [
  {
    name: 'burns a while for a selection that was refused',
    alert: 'HoldfastRegressionRefused',
    happens: { 0: selected, 30: (metrics) => metrics.regressionRefused(policy) },
    burnsAt: [31, 40],
    isOutAt: [29, 60],
  },
  {
    name: 'burns for the first one after a restart, too',
    alert: 'HoldfastRegressionRefused',
    happens: { 30: (metrics) => metrics.regressionRefused(policy) },
    burnsAt: [31],
    isOutAt: [29, 60],
  },
  {
    name: 'burns for a tag that was pushed again',
    alert: 'HoldfastTagMoved',
    happens: { 0: selected, 30: (metrics) => metrics.selectedTagMoved(policy) },
    burnsAt: [32],
    isOutAt: [29, 60],
  },
  {
    name: 'burns from a quarter of an hour after a hold is over until it is taken away',
    alert: 'HoldfastHoldExpired',
    happens: {
      0: (metrics) => metrics.held(policy, { isInForce: true, untilAt: 10 * minuteMs }),
      10: (metrics) => metrics.held(policy, { isInForce: false, untilAt: 10 * minuteMs }),
      60: (metrics) => metrics.held(policy, undefined),
    },
    burnsAt: [30, 59],
    isOutAt: [9, 20, 62],
  },
  {
    name: 'burns where no scan succeeds, until one does',
    alert: 'HoldfastScanFailing',
    happens: {
      0: failed,
      10: failed,
      20: failed,
      30: failed,
      40: (metrics) => {
        metrics.scanned({ repository, outcome: 'complete', durationMs: 1000, tags: 3 });
      },
      50: (metrics) => {
        metrics.scanned({ repository, outcome: 'complete', durationMs: 1000, tags: 3 });
      },
    },
    burnsAt: [39],
    isOutAt: [5, 55],
  },
  {
    name: 'burns near the memory limit',
    alert: 'HoldfastMemoryHigh',
    happens: {
      0: (metrics) => metrics.memory({ usedBytes: 70, limitBytes: 100 }),
      10: (metrics) => metrics.memory({ usedBytes: 85, limitBytes: 100 }),
      40: (metrics) => metrics.memory({ usedBytes: 70, limitBytes: 100 }),
    },
    burnsAt: [25],
    isOutAt: [9, 15, 41],
  },
  {
    name: 'says nothing of memory without a limit',
    alert: 'HoldfastMemoryHigh',
    happens: { 0: (metrics) => metrics.memory({ usedBytes: 85, limitBytes: undefined }) },
    burnsAt: [],
    isOutAt: [30],
  },
  {
    name: 'burns for a scan that waits half an hour for memory',
    alert: 'HoldfastScansPutOff',
    happens: {
      5: (metrics) => metrics.scanPutOff(repository, 5 * minuteMs),
      60: (metrics) => metrics.scanPutOff(repository, undefined),
    },
    burnsAt: [40],
    isOutAt: [30, 66],
  },
  {
    name: 'burns where no replica leads',
    alert: 'HoldfastNoLeader',
    happens: {
      0: (metrics) => metrics.leading('image-reflector-controller-leader-election', true),
      20: (metrics) => metrics.leading('image-reflector-controller-leader-election', false),
      40: (metrics) => metrics.leading('image-reflector-controller-leader-election', true),
    },
    burnsAt: [25],
    isOutAt: [19, 41],
  },
  {
    name: 'burns where there is only one that observes',
    alert: 'HoldfastNoLeader',
    happens: { 0: (metrics) => metrics.leading('image-reflector-controller-leader-election', false) },
    burnsAt: [5],
    isOutAt: [],
  },
  {
    name: 'burns where nothing runs at all',
    alert: 'HoldfastNoLeader',
    happens: {},
    burnsAt: [5],
    isOutAt: [],
  },
  {
    name: 'burns for the first failure of the ledger',
    alert: 'HoldfastLedgerErrors',
    happens: {
      0: (metrics) => metrics.ledgerAsked({ operation: 'openScan', durationMs: 1, isFailed: false }),
      30: (metrics) => metrics.ledgerAsked({ operation: 'openScan', durationMs: 1, isFailed: true }),
    },
    burnsAt: [31],
    isOutAt: [29, 60],
  },
  {
    name: 'burns for events that nobody took',
    alert: 'HoldfastEventsDropped',
    happens: { 30: (metrics) => metrics.eventsDropped('notification', 3) },
    burnsAt: [32],
    isOutAt: [29, 70],
  },
];

describe('deploy/monitoring', { skip: kubectl.missing }, () => {
  it('is put together by kubectl, with a dashboard that stays whole', async () => {
    const folder = fileURLToPath(new URL('../../deploy/monitoring', import.meta.url));
    const { status, stdout, stderr } = await runTool(kubectl, ['kustomize', folder]);
    assert.equal(status, 0, stderr);
    const objects = parseAllDocuments(stdout).map((document) => document.toJS());
    assert.deepEqual(
      objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`),
      ['ConfigMap flux-system/holdfast-dashboard', 'PrometheusRule flux-system/holdfast'],
    );
    assert.equal(objects[0].metadata.labels.grafana_dashboard, '1');
    const dashboard = readFileSync(join(folder, 'grafana-dashboard.json'), 'utf8');
    assert.deepEqual(JSON.parse(objects[0].data['holdfast.json']), JSON.parse(dashboard));
  });
});

describe('the alerts of deploy/monitoring', { skip: promtool.missing }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-rules-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = fileURLToPath(new URL('../../deploy/monitoring/prometheus-rule.yaml', import.meta.url));
  const { spec } = parse(readFileSync(file, 'utf8'));
  const rules: readonly { alert: string }[] = spec.groups.flatMap(({ rules: some }: { rules: [] }) => some);
  writeFileSync(join(folder, 'rules.yaml'), stringify(spec));

  it('are rules that Prometheus takes', async () => {
    const { status, stdout, stderr } = await run(folder, 'check', 'rules', '--lint-fatal', 'rules.yaml');
    assert.equal(status, 0, stdout + stderr);
  });

  it('are each tried below', () => {
    assert.deepEqual(
      rules.map(({ alert }) => alert).filter((alert) => !scenarios.some((one) => one.alert === alert)),
      [],
    );
  });

  for (const scenario of scenarios) {
    it(`${scenario.alert} ${scenario.name}`, async () => {
      writeFileSync(join(folder, 'test.yaml'), stringify(await testOf(scenario)));
      const { status, stdout, stderr } = await run(folder, 'test', 'rules', 'test.yaml');
      assert.equal(status, 0, stdout + stderr);
    });
  }
});

async function testOf({ alert, happens, burnsAt, isOutAt }: Scenario): Promise<object> {
  const burning = (minute: number, isBurning: boolean) => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`,
    eval_time: `${minute}m`,
    exp_samples: isBurning ? [{ labels: '{}', value: 1 }] : [],
  });
  const until = Math.max(...burnsAt, ...isOutAt);
  return {
    rule_files: ['rules.yaml'],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: await seriesOf(happens, until),
        promql_expr_test: [
          ...burnsAt.map((minute) => burning(minute, true)),
          ...isOutAt.map((minute) => burning(minute, false)),
        ],
      },
    ],
  };
}

/** What a Prometheus that scrapes each minute would have of it; promtool's time begins with 1970. */
async function seriesOf(
  happens: Scenario['happens'],
  until: number,
): Promise<readonly { series: string; values: string }[]> {
  let minute = 0;
  const metrics = await openMetrics({ now: () => minute * minuteMs });
  const series = new Map<string, string[]>();
  for (; minute <= until; minute += 1) {
    happens[minute]?.(metrics);
    const { body } = await metrics.expose('text/plain');
    for (const [, name = '', value = ''] of body.matchAll(
      /^((?:holdfast|leader_election)_\S+(?:\{.*\})?) (\S+)$/gm,
    )) {
      const values = series.get(name) ?? [];
      series.set(name, values);
      while (values.length < minute) values.push('_');
      values.push(value);
    }
  }
  return [...series].map(([name, values]) => ({ series: name, values: stale(values, until).join(' ') }));
}

/** A series that is no longer served ends at the next scrape. */
function stale(values: readonly string[], until: number): readonly string[] {
  return values.length > until ? values : [...values, 'stale'];
}

function run(folder: string, ...words: readonly string[]) {
  return runTool(promtool, words, { cwd: folder });
}
