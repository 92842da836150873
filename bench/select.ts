import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Bench, type BenchRow, median } from './bench.ts';
import { measureProcess } from './measure.ts';

const runs = 3;

/** A policy's reconcile in Flux's reflector 1.2.0, seconds by number of tags, one in ten semver. */
const marks: Readonly<Record<number, number>> = { 10_000: 0.017, 100_000: 0.04, 1_000_000: 0.31 };

/** The bare engine on a stream of pages, and the memory of the whole process. */
export const bench: Bench = {
  name: 'select',
  summary: 'one selection from 10,000, 100,000 and 1,000,000 tags, one in ten a version',
  async run(say) {
    const program = fileURLToPath(new URL('select-tags.ts', import.meta.url));
    const rows: BenchRow[] = [];
    for (const order of ['semver', 'filter']) {
      for (const [text, mark] of Object.entries(marks)) {
        const words = [program, text, order];
        const seconds = Array.from({ length: runs }, () => secondsOf(words));
        const { peakMegabytes } = await measureProcess(process.execPath, words, { runs: 1 });
        const name = `${order}, ${Number(text).toLocaleString('en')} tags`;
        const peer = { name: 'mark of Flux 1.2.0', value: mark };
        rows.push({ name, unit: 's', ours: median(seconds), ...(order === 'semver' ? { peer } : {}) });
        rows.push({ name: `${name}, peak memory`, unit: 'MB', ours: peakMegabytes });
      }
    }
    say('marks were measured elsewhere, on 2 cores: a ratio to them holds on a like machine only');
    return rows;
  },
};

function secondsOf(words: readonly string[]): number {
  const { seconds } = JSON.parse(execFileSync(process.execPath, [...words]).toString());
  return typeof seconds === 'number' ? seconds : Number.NaN;
}
