import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPacked } from '../test/packed.ts';
import { buildGoTool, craneTool } from '../test/tools.ts';
import type { Bench, BenchRow } from './bench.ts';
import { measureProcess } from './measure.ts';

const runs = 11;

/** Cold start of the built bundle, beside an empty Node process and beside crane. */
export const bench: Bench = {
  name: 'start',
  summary: 'cold start of the built bundle',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
    const stub = installPacked(folder);
    const empty = await measureProcess(process.execPath, ['-e', '0'], { runs });
    const node = { name: 'node -e 0', value: empty.wallSeconds };
    const rows: BenchRow[] = [];
    for (const words of [['--version'], ['resolve', '--help']]) {
      const { wallSeconds } = await measureProcess(process.execPath, [stub, ...words], { runs });
      rows.push({ name: `holdfast ${words.join(' ')}`, unit: 's', ours: wallSeconds, peer: node });
    }
    const crane = await buildGoTool(craneTool);
    if (crane.missing !== false) say(`no comparison with crane: ${crane.missing}`);
    else {
      const { wallSeconds } = await measureProcess(crane.path, ['version'], { runs });
      const [version] = rows;
      if (version !== undefined)
        rows.push({ ...version, peer: { name: 'crane version', value: wallSeconds } });
    }
    rmSync(folder, { recursive: true, force: true });
    return rows;
  },
};
