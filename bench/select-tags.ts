/** What `bench/select.ts` measures as a process: makes tags, selects one, prints seconds. `COUNT` `ORDER`. */
import { makeSelector, type SelectionPolicy } from '../src/policy/select.ts';

const policies: Readonly<Record<string, SelectionPolicy>> = {
  semver: { order: { kind: 'semver', range: '>=1.0.0' }, exclude: ['^.*\\.sig$'] },
  filter: {
    order: { kind: 'numerical', order: 'asc' },
    filter: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '$ts' },
  },
};

const count = Number(process.argv[2]);
const policy = policies[process.argv[3] ?? ''];
if (policy === undefined || !(count > 0)) throw new Error('usage: select-tags.ts COUNT semver|filter');

/** Tags at a time, as pages come: the rest is not in memory. */
const pageSize = 10_000;

let seconds = 0;
const selector = makeSelector(policy, { now: 0 });
for (let start = 0; start < count; start += pageSize) {
  const page = Array.from({ length: Math.min(pageSize, count - start) }, (_, at) => tagOf(start + at));
  const startedAt = performance.now();
  for (const tag of page) selector.offer(tag);
  seconds += (performance.now() - startedAt) / 1000;
}
const { selected } = selector.outcome();
process.stdout.write(JSON.stringify({ seconds, selected }));

/** One tag in ten is a version; the others are builds of a branch. */
function tagOf(at: number): string {
  if (at % 10 === 0) return `v1.${at % 100}.${at}`;
  return `main-${(Math.imul(at, 2_654_435_761) >>> 0).toString(16)}-${1_600_000_000 + at}`;
}
