/** `npm run bench -- NAME…`: prints our figure, the peer's or the limit's, and the ratio, from one run. */
import type { Bench, BenchRow } from './bench.ts';

const benches: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  controller: () => import('./controller.ts'),
  images: () => import('./images.ts'),
  resolve: () => import('./resolve.ts'),
  scan: () => import('./scan.ts'),
  select: () => import('./select.ts'),
  skew: () => import('./skew.ts'),
  start: () => import('./start.ts'),
};

const names = process.argv.slice(2);
if (names.length === 0) {
  console.log(`usage: npm run bench -- NAME…\n\n${Object.keys(benches).join('\n')}`);
  process.exitCode = 2;
}
for (const name of names) {
  const load = benches[name];
  if (load === undefined) {
    console.error(`no benchmark ${name}; there are: ${Object.keys(benches).join(', ')}`);
    process.exitCode = 2;
    continue;
  }
  const { bench } = await load();
  console.log(`\n${bench.name}: ${bench.summary}`);
  for (const row of await bench.run((line) => console.log(`  ${line}`))) console.log(`  ${describe(row)}`);
}

function describe(row: BenchRow): string {
  const ours = `${row.name.padEnd(44)} ours ${figure(row.ours, row.unit)}`;
  const peer =
    row.peer === undefined
      ? ''
      : `   ${row.peer.name} ${figure(row.peer.value, row.unit)}   ratio ${(row.ours / row.peer.value).toFixed(2)}x`;
  const aim = row.aim === undefined ? '' : `   (aim ${row.aim})`;
  return `${ours}${peer}${aim}${row.note === undefined ? '' : `   ${row.note}`}`;
}

function figure(value: number, unit: BenchRow['unit']): string {
  if (Number.isNaN(value)) return 'unknown';
  return unit === 's' ? `${value.toFixed(3)} s` : `${value.toFixed(0)} MB`;
}
