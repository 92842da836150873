import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { digestA, fluentd, idOf, podObject } from '../test/cluster/objects.ts';
import type { Bench } from './bench.ts';
import { measureProcess } from './measure.ts';

const runs = 3;
const podCount = 50_000;

/** What fills a real pod up to some 5 KB: volumes, tolerations, conditions. */
const ballast = Array.from({ length: 40 }, (_, at) => ({
  name: `volume-${at}`,
  configMap: { name: 'settings', defaultMode: 420 },
}));

/** Whole processes: the verdict on a large dump, beside parsing the same dump and counting its images. */
export const bench: Bench = {
  name: 'skew',
  summary: `the verdict on a dump of ${podCount.toLocaleString('en')} pods, beside JSON.parse of the whole`,
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    try {
      const dump = join(folder, 'dump.json');
      const file = createWriteStream(dump);
      await pipeline(Readable.from(dumpText()), file);
      say(`a dump of ${(file.bytesWritten / 1e6).toFixed(0)} MB`);
      const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
      const parser = fileURLToPath(new URL('parse-json.ts', import.meta.url));
      const words = [stub, 'skew', dump, '--offline', '--no-ledger'];
      const ours = await measureProcess(process.execPath, words, { runs });
      const bare = await measureProcess(process.execPath, [parser, dump], { runs });
      const name = 'JSON.parse';
      return [
        { name: 'holdfast skew', unit: 's', ours: ours.wallSeconds, peer: { name, value: bare.wallSeconds } },
        {
          name: 'holdfast skew, CPU',
          unit: 's',
          ours: ours.cpuSeconds,
          peer: { name, value: bare.cpuSeconds },
        },
        {
          name: 'holdfast skew, peak memory',
          unit: 'MB',
          ours: ours.peakMegabytes,
          peer: { name, value: bare.peakMegabytes },
        },
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function* dumpText(): Generator<string> {
  yield '{"apiVersion":"v1","items":[\n';
  for (let at = 0; at < podCount; at += 1) {
    const pod = podObject({
      name: `fluentd-${at}`,
      node: `node-${at % 500}`,
      imageId: idOf(fluentd, digestA),
    });
    yield `${at === 0 ? '' : ',\n'}${JSON.stringify({ ...pod, ballast }, undefined, 1)}`;
  }
  yield '],"kind":"List"}\n';
}
