import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mutate } from './replay/mutated.ts';
import { mutations } from './replay/mutations.ts';

for (const { file, from } of mutations) {
  it(`the replay can break src/${file} at: ${from}`, () => {
    const url = new URL(`../src/${file}`, import.meta.url);
    mutate(url.href, readFileSync(fileURLToPath(url), 'utf8'));
  });
}
