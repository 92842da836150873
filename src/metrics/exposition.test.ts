import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exposeMetrics, type MetricFamily } from './exposition.ts';

const prometheus =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';

const families: readonly MetricFamily[] = [
  {
    name: 'scans_total',
    help: 'Scans of "x"\nand \\',
    type: 'counter',
    values: [{ value: 3, labels: { tag: 'a"b\\c\nd' } }],
  },
  {
    name: 'took_seconds',
    help: 'Time.',
    type: 'histogram',
    values: [
      { metricName: 'took_seconds_bucket', value: 1, labels: { le: Number.POSITIVE_INFINITY } },
      { metricName: 'took_seconds_sum', value: 0.5, labels: {} },
    ],
  },
  { name: 'odd', help: 'Odd.', type: 'gauge', values: [{ value: Number.NaN, labels: {} }] },
];

describe('the exposition of metrics', () => {
  it('is text of Prometheus where nobody asks for more', () => {
    assert.deepEqual(exposeMetrics(families, undefined), {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: [
        '# HELP scans_total Scans of "x"\\nand \\\\',
        '# TYPE scans_total counter',
        'scans_total{tag="a\\"b\\\\c\\nd"} 3',
        '# HELP took_seconds Time.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{le="+Inf"} 1',
        'took_seconds_sum 0.5',
        '# HELP odd Odd.',
        '# TYPE odd gauge',
        'odd NaN',
        '',
      ].join('\n'),
    });
  });

  it('is OpenMetrics for Prometheus, whose counters are families without their suffix, and has an end', () => {
    const { contentType, body } = exposeMetrics(families, prometheus);
    assert.equal(contentType, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.match(body, /^# HELP scans Scans of \\"x\\"\\nand \\\\\n# TYPE scans counter\nscans_total\{/);
    assert.ok(body.endsWith('odd NaN\n# EOF\n'));
  });

  it('has the counter names of each format, in whatever order they are asked for', () => {
    exposeMetrics(families, prometheus);
    assert.match(exposeMetrics(families, 'text/plain').body, /^# TYPE scans_total counter$/m);
  });

  const accepts: readonly { name: string; given: string; isOpenMetrics: boolean }[] = [
    { name: 'no wish', given: '', isOpenMetrics: false },
    { name: 'a browser', given: 'text/html,*/*;q=0.8', isOpenMetrics: false },
    { name: 'OpenMetrics alone', given: 'application/openmetrics-text', isOpenMetrics: true },
    { name: 'OpenMetrics, never', given: 'application/openmetrics-text;q=0', isOpenMetrics: false },
    { name: 'text rather', given: 'application/openmetrics-text;q=0.2, text/plain', isOpenMetrics: false },
    { name: 'garbage', given: ';;q=,,application/openmetrics-text;q=x', isOpenMetrics: false },
  ];
  for (const { name, given, isOpenMetrics } of accepts) {
    it(`is chosen for ${name}`, () => {
      const { contentType } = exposeMetrics([], given);
      assert.equal(contentType.startsWith('application/openmetrics-text'), isOpenMetrics);
    });
  }
});
