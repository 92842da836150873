/**
 * Metrics as text. The library writes both formats too, but one registry can be read in one of them only: its
 * OpenMetrics writer renames the counters for good.
 */
export type MetricFamily = {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly MetricSample[];
};

export type MetricSample = {
  readonly value: number;
  /** Where it is not the family's name: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
};

export type Exposition = { readonly contentType: string; readonly body: string };

const openMetricsType = 'application/openmetrics-text';

/** The exposition that an `Accept` header prefers: OpenMetrics 1.0 where it names it, else Prometheus' text 0.0.4. */
export function exposeMetrics(families: readonly MetricFamily[], accept: string | undefined): Exposition {
  const isOpenMetrics = prefersOpenMetrics(accept ?? '');
  const body = families.map((family) => familyText(family, isOpenMetrics)).join('');
  return isOpenMetrics
    ? { contentType: `${openMetricsType}; version=1.0.0; charset=utf-8`, body: `${body}# EOF\n` }
    : { contentType: 'text/plain; version=0.0.4; charset=utf-8', body };
}

/** Prometheus sends both, OpenMetrics with the higher weight; `q=0` means never. */
function prefersOpenMetrics(accept: string): boolean {
  let openMetrics = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((part) => part.startsWith('q='))?.slice(2) ?? 1);
    if (Number.isNaN(weight)) continue;
    if (type === openMetricsType) openMetrics = Math.max(openMetrics, weight);
    if (type === 'text/plain') text = Math.max(text, weight);
  }
  return openMetrics > 0 && openMetrics >= text;
}

function familyText({ name, help, type, values }: MetricFamily, isOpenMetrics: boolean): string {
  const isCounter = type === 'counter';
  // OpenMetrics names the family without the suffix that its samples have.
  const base = isOpenMetrics && isCounter ? name.replace(/_total$/, '') : name;
  const sampleName = isOpenMetrics && isCounter ? `${base}_total` : name;
  const lines = values.map(
    ({ metricName = sampleName, labels, value }) => `${metricName}${labelsText(labels)} ${numberText(value)}`,
  );
  return [`# HELP ${base} ${escapeHelp(help, isOpenMetrics)}`, `# TYPE ${base} ${type}`, ...lines, ''].join(
    '\n',
  );
}

function labelsText(labels: MetricSample['labels']): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${escapeValue(typeof value === 'number' ? numberText(value) : (value ?? ''))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value < 0 ? '-Inf' : '+Inf';
}

function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string, isOpenMetrics: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return isOpenMetrics ? escaped.replaceAll('"', '\\"') : escaped;
}
