import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPacked } from '../test/packed.ts';
import { type RegistryProcess, startRegistryProcess } from '../test/registry-process.ts';
import { buildGoTool, craneTool } from '../test/tools.ts';
import type { Bench, BenchRow } from './bench.ts';
import { measureProcess, type ProcessFigures } from './measure.ts';

const sizes = { small: 100_000, large: 1_000_000 } as const;
const repositories = { small: 'bench/small', large: 'bench/large' } as const;
const firstRuns = 3;
const unchangedRuns = 5;

type Peer = { readonly name: string; readonly figures: ProcessFigures };

/** Scans of a large repository, first and unchanged, beside what others need to list it without remembering. */
export const bench: Bench = {
  name: 'scan',
  summary: '1,000,000 tags from the test registry, first scan and unchanged, whole processes',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-scan-'));
    const registry = await startRegistryProcess({
      tags: (['small', 'large'] as const).map((size) => ({
        repository: repositories[size],
        count: sizes[size],
        name: 'v1.0.%09d',
      })),
    });
    try {
      const stub = installPacked(folder);
      const small = await measureScans(stub, folder, `${registry.host}/${repositories.small}`);
      const large = await measureScans(stub, folder, `${registry.host}/${repositories.large}`);
      return [...peerRows(large, await measurePeers(registry, say)), ...growthRows(small, large)];
    } finally {
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

type Scans = { readonly first: ProcessFigures; readonly unchanged: ProcessFigures };

/** First scans each into a ledger of their own, the others into the last of those. */
async function measureScans(stub: string, folder: string, repository: string): Promise<Scans> {
  const figures: ProcessFigures[] = [];
  let ledger = '';
  for (let run = 0; run < firstRuns; run += 1) {
    ledger = join(mkdtempSync(join(folder, 'ledger-')), 'ledger.db');
    figures.push(await measureProcess(process.execPath, words(stub, repository, ledger), { runs: 1 }));
  }
  const unchanged = await measureProcess(process.execPath, words(stub, repository, ledger), {
    runs: unchangedRuns,
  });
  const first = figures.toSorted((a, b) => a.wallSeconds - b.wallSeconds)[firstRuns >> 1] ?? unchanged;
  return { first, unchanged };
}

function words(stub: string, repository: string, ledger: string): readonly string[] {
  return [stub, 'scan', repository, '--ledger', ledger];
}

async function measurePeers(
  registry: RegistryProcess,
  say: (line: string) => void,
): Promise<readonly Peer[]> {
  const script = fileURLToPath(new URL('list-tags.ts', import.meta.url));
  const plain = await measureProcess(process.execPath, [script, registry.url, repositories.large], {
    runs: unchangedRuns,
  });
  const peers: Peer[] = [{ name: 'plain Node', figures: plain }];
  const crane = await buildGoTool(craneTool);
  if (crane.missing !== false) say(`no comparison with crane: ${crane.missing}`);
  else {
    const list = ['ls', `${registry.host}/${repositories.large}`];
    peers.push({
      name: 'crane ls',
      figures: await measureProcess(crane.path, list, { runs: unchangedRuns }),
    });
  }
  return peers;
}

function peerRows(scans: Scans, peers: readonly Peer[]): readonly BenchRow[] {
  const rows: BenchRow[] = [];
  for (const { name, figures } of peers) {
    for (const [kind, ours] of Object.entries(scans)) {
      const aim = kind === 'unchanged' && name === 'crane ls' ? { aim: '< 1x' } : {};
      rows.push({
        name: `${kind} scan, wall`,
        unit: 's',
        ours: ours.wallSeconds,
        peer: { name, value: figures.wallSeconds },
        ...aim,
      });
      rows.push({
        name: `${kind} scan, CPU`,
        unit: 's',
        ours: ours.cpuSeconds,
        peer: { name, value: figures.cpuSeconds },
      });
      rows.push({
        name: `${kind} scan, peak memory`,
        unit: 'MB',
        ours: ours.peakMegabytes,
        peer: { name, value: figures.peakMegabytes },
        ...(kind === 'unchanged' && name === 'plain Node' ? { aim: '< 150 MB' } : {}),
      });
    }
  }
  return rows;
}

function growthRows(small: Scans, large: Scans): readonly BenchRow[] {
  return (['first', 'unchanged'] as const).map((kind) => ({
    name: `${kind} scan, peak memory at ${sizes.large.toLocaleString('en-US')}`,
    unit: 'MB',
    ours: large[kind].peakMegabytes,
    peer: { name: `at ${sizes.small.toLocaleString('en-US')}`, value: small[kind].peakMegabytes },
    aim: '<= 1.3x',
  }));
}
