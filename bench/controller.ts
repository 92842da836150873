import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFlux, holdfast, type ReflectorProgram } from '../test/flux/reflector-program.ts';
import { installPacked } from '../test/packed.ts';
import type { Bench, BenchRow } from './bench.ts';
import { type LoadFigures, loadFigures, measureLoad } from './reflector-load.ts';
import { atPlace } from './reflector-place.ts';
import { measureTags, type TagFigures, tagSizes } from './reflector-tags.ts';

type Figures = { readonly load: LoadFigures; readonly tags: TagFigures };

/** The controller as it is packed beside Flux's reflector, each with API servers of its own; loopback registry. */
export const bench: Bench = {
  name: 'controller',
  summary: 'holdfast controller on a real API server, whole processes',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-controller-'));
    try {
      const ours = await measure({ ...holdfast, words: [installPacked(folder), 'controller'] });
      say(`holdfast: ${JSON.stringify(ours)}`);
      const flux = await findFlux();
      if (flux.tool.missing !== false) say(`no comparison with Flux's reflector: ${flux.tool.missing}`);
      const peer = flux.tool.missing === false ? await measure(flux) : undefined;
      return [...loadRows(ours, peer), ...tagRows(ours, peer)];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(program: ReflectorProgram): Promise<Figures> {
  return { load: await atPlace(program, measureLoad), tags: await atPlace(program, measureTags) };
}

function loadRows(ours: Figures, peer: Figures | undefined): readonly BenchRow[] {
  return loadFigures.map(({ key, name, unit }) => row({ name, unit }, ours.load[key], peer?.load[key]));
}

function tagRows(ours: Figures, peer: Figures | undefined): readonly BenchRow[] {
  const rows = ours.tags.sizes.flatMap((one, index) => {
    const other = peer?.tags.sizes[index];
    const size = one.count.toLocaleString('en-US');
    const mark = tagSizes[index];
    return [
      row({ name: `${size} tags, first scan`, unit: 's' }, one.first, other?.first),
      row(
        { name: `${size} tags, unchanged rescan`, unit: 's', mark: mark?.rescanMark },
        one.rescan,
        other?.rescan,
      ),
      row({ name: `${size} tags, rescan with a new tag`, unit: 's' }, one.changed, other?.changed),
      row({ name: `${size} tags, its policy`, unit: 's', mark: mark?.policyMark }, one.policy, other?.policy),
      row({ name: `${size} tags, CPU of both`, unit: 's' }, one.cpu, other?.cpu),
    ];
  });
  const { memory, disk } = ours.tags;
  return [
    ...rows,
    row({ name: 'peak memory of all these', unit: 'MB', mark: 150 }, memory, peer?.tags.memory),
    row({ name: 'disk of all these', unit: 'MB', mark: 108 }, disk, peer?.tags.disk),
  ];
}

/** What a row is of, and the mark for it. */
type RowHead = Pick<BenchRow, 'name' | 'unit'> & { readonly mark?: number | undefined };

function row({ name, unit, mark }: RowHead, ours: number, peer: number | undefined): BenchRow {
  return {
    name,
    unit,
    ours,
    ...(peer === undefined ? {} : { peer: { name: "Flux's reflector", value: peer } }),
    aim: mark === undefined ? '< 1x' : `< 1x, mark ${mark} ${unit}`,
  };
}
