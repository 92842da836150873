import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import { measureProcess } from './measure.ts';

const runs = 5;

/** Where the real manifests lie: beside the checkout, or where HOLDFAST_CORPUS says. */
const corpus =
  process.env['HOLDFAST_CORPUS'] ?? fileURLToPath(new URL('../../shared/corpus/manifests', import.meta.url));

/** Whole processes, both from the checkout: finding every image, beside parsing the same files and no more. */
export const bench: Bench = {
  name: 'images',
  summary: 'every image of many real manifests, beside a bare YAML parse of the same files',
  async run(say) {
    if (!existsSync(corpus)) {
      say(`nothing measured: ${corpus} is not there; set HOLDFAST_CORPUS to a folder of manifests`);
      return [];
    }
    const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' });
    say(`${files.filter((file) => /\.ya?ml$/.test(file)).length} YAML files in ${corpus}`);
    const stub = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
    const parser = fileURLToPath(new URL('parse-yaml.ts', import.meta.url));
    // No rendering: a helm on this machine must not be part of the figure.
    const words = [stub, 'images', '--render', 'none', '--output', 'json', corpus];
    const ours = await measureProcess(process.execPath, words, { runs });
    const bare = await measureProcess(process.execPath, [parser, corpus], { runs });
    const name = 'holdfast images';
    return [
      {
        name,
        unit: 's',
        ours: ours.wallSeconds,
        peer: { name: 'yaml parse', value: bare.wallSeconds },
        aim: '<= 2.5x',
      },
      {
        name: `${name}, CPU`,
        unit: 's',
        ours: ours.cpuSeconds,
        peer: { name: 'yaml parse', value: bare.cpuSeconds },
      },
      {
        name: `${name}, peak memory`,
        unit: 'MB',
        ours: ours.peakMegabytes,
        peer: { name: 'yaml parse', value: bare.peakMegabytes },
      },
    ];
  },
};
