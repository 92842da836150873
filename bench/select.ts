import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Bench, type BenchRow, median } from './bench.ts';
import { buildFluxSelect } from './flux-select.ts';
import { measureProcess } from './measure.ts';

const runs = 3;
const counts = [10_000, 100_000, 1_000_000] as const;

/** A policy's reconcile in Flux's reflector 1.2.0, seconds by number of tags, one in ten semver; 2 cores. */
const marks: Readonly<Record<number, number>> = { 10_000: 0.017, 100_000: 0.04, 1_000_000: 0.31 };

/** Flux has no calendar versions. */
const orders = ['semver', 'numerical', 'alphabetical', 'calver', 'filter'] as const;

/** Selecting as the engine does it and as the controller does it, beside Flux's own policies and store. */
export const bench: Bench = {
  name: 'select',
  summary:
    'one selection from 10,000, 100,000 and 1,000,000 tags, one in ten a version; CPU of the selection alone, memory of the process',
  async run(say) {
    const program = fileURLToPath(new URL('select-tags.ts', import.meta.url));
    const ours = { command: process.execPath, words: [program] };
    const flux = await buildFluxSelect();
    if (flux.missing !== false) say(`no comparison with Flux's policies: ${flux.missing}`);
    const theirs = flux.missing === false ? { command: flux.path, words: [] } : undefined;
    const rows: BenchRow[] = [];
    for (const order of orders)
      rows.push(...(await engineRows(order, ours, order === 'calver' ? undefined : theirs)));
    rows.push(...storeRows(ours, theirs));
    say('marks are wall time, measured elsewhere on 2 cores: a ratio to them holds on a like machine only');
    return rows;
  },
};

type Program = { readonly command: string; readonly words: readonly string[] };

/** CPU of the selection alone, and memory of the whole process and how it grows. */
async function engineRows(
  order: string,
  ours: Program,
  theirs: Program | undefined,
): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  let before: { readonly count: number; readonly megabytes: number } | undefined;
  for (const count of counts) {
    const name = `${order}, ${inWords(count)} tags`;
    const words = [String(count), order];
    const peer = theirs && { name: "Flux's policy", value: secondsOf(theirs, words).seconds };
    rows.push({ name: `${name}, CPU`, unit: 's', ours: secondsOf(ours, words).seconds, ...peerOf(peer) });
    const megabytes = await memoryOf(ours, words);
    const peerMemory = theirs && { name: "Flux's policy", value: await memoryOf(theirs, words) };
    rows.push({ name: `${name}, peak memory`, unit: 'MB', ours: megabytes, ...peerOf(peerMemory) });
    if (before !== undefined) {
      const smaller = { name: `at ${inWords(before.count)}`, value: before.megabytes };
      rows.push({ name: `${name}, growth`, unit: 'MB', ours: megabytes, peer: smaller, aim: '<= 1.3x' });
    }
    before = { count, megabytes };
  }
  return rows;
}

/** From the ledger, as an ImagePolicy is reconciled: the list read, and the list followed. */
function storeRows(ours: Program, theirs: Program | undefined): readonly BenchRow[] {
  return counts.flatMap((count): readonly BenchRow[] => {
    const words = [String(count), 'store'];
    const { seconds, changedSeconds = Number.NaN } = secondsOf(ours, words);
    const mark = { name: 'mark of Flux 1.2.0', value: marks[count] ?? Number.NaN };
    const beside = theirs && { name: "Flux's store and policy", value: secondsOf(theirs, words).seconds };
    const changed = `policy after a changed scan, ${inWords(count)} tags, CPU`;
    const peers = [mark, ...(beside === undefined ? [] : [beside])];
    return [
      ...peers.map(
        (peer) => ({ name: changed, unit: 's', ours: changedSeconds, peer, aim: '< 1x' }) as const,
      ),
      ...peers.map(
        (peer) =>
          ({
            name: `new policy and summary, ${inWords(count)} tags, CPU`,
            unit: 's',
            ours: seconds,
            peer,
          }) as const,
      ),
    ];
  });
}

function peerOf(peer: BenchRow['peer']): Pick<BenchRow, 'peer'> {
  return peer === undefined ? {} : { peer };
}

function inWords(count: number): string {
  return count.toLocaleString('en');
}

type Seconds = { readonly seconds: number; readonly changedSeconds?: number };

/** What a program says of itself; medians of some runs. */
function secondsOf({ command, words: first }: Program, words: readonly string[]): Seconds {
  const said = Array.from({ length: runs }, () => {
    const { seconds, changedSeconds } = JSON.parse(
      execFileSync(command, [...first, ...words]).toString(),
    ) as Seconds;
    return { seconds, changedSeconds: changedSeconds ?? Number.NaN };
  });
  return {
    seconds: median(said.map(({ seconds }) => seconds)),
    changedSeconds: median(said.map(({ changedSeconds }) => changedSeconds)),
  };
}

async function memoryOf({ command, words: first }: Program, words: readonly string[]): Promise<number> {
  return (await measureProcess(command, [...first, ...words], { runs: 1 })).peakMegabytes;
}
