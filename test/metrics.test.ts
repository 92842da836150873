import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { systemClock } from '../src/clock.ts';
import { catalogue, type MetricDefinition } from '../src/metrics/catalogue.ts';
import { openMetrics } from '../src/metrics/prometheus-metrics.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const definitions: readonly MetricDefinition[] = Object.values(catalogue);

/** Words in an expression that look like metrics. */
const metricPattern = /\b(?:holdfast|gotk|controller_runtime|workqueue|rest_client|leader_election)_[a-z_]+/g;

describe('metrics, wherever they are written of,', () => {
  it('are on their page, one row each, as the program has them', () => {
    const rows = read('docs/metrics.md')
      .split('\n')
      .filter((line) => /^\| `[a-z_]+` \| (?:counter|gauge|histogram) \|/.test(line));
    assert.deepEqual(rows, definitions.map(rowOf));
  });

  it('exist, where the alerts ask for them', () => {
    const rule = parse(read('deploy/monitoring/prometheus-rule.yaml'));
    const rules: readonly { alert: string; expr: string }[] = rule.spec.groups.flatMap(
      (group: { rules: [] }) => group.rules,
    );
    assert.ok(rules.length >= 6);
    for (const { alert, expr } of rules) checkNames(alert, expr);
  });

  it('exist, where the dashboard asks for them, and each is shown', () => {
    const dashboard: { panels: readonly { title: string; targets?: readonly { expr: string }[] }[] } =
      JSON.parse(read('deploy/monitoring/grafana-dashboard.json'));
    const shown = dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) => checkNames(title, expr)),
    );
    assert.deepEqual(
      definitions.map(({ name }) => name).filter((name) => !shown.includes(name)),
      [],
    );
  });

  it('are exported under these names, and no other of ours is', async () => {
    const { body } = await (await openMetrics(systemClock)).expose(undefined);
    const exported = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
      ([, name = '', kind = '']) => `${name} ${kind}`,
    );
    assert.deepEqual(
      exported.filter((line) => !/^(?:process|nodejs)_/.test(line)).sort(),
      definitions.map(({ name, kind }) => `${name} ${kind}`).sort(),
    );
  });
});

function rowOf({ name, kind, labels, help }: MetricDefinition): string {
  return `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}

/** The metrics that an expression asks for, without the suffixes of a histogram's samples. */
function checkNames(where: string, expression: string): readonly string[] {
  const names = [...expression.matchAll(metricPattern)].map(([name]) => name);
  assert.ok(names.length > 0, `${where} asks for no metric of ours`);
  return names.map((name) => {
    const definition = definitions.find(
      (one) =>
        one.name === name ||
        (one.kind === 'histogram' &&
          ['_bucket', '_sum', '_count'].some((suffix) => one.name + suffix === name)),
    );
    assert.ok(definition !== undefined, `${where} asks for ${name}, which nobody exports`);
    return definition.name;
  });
}
