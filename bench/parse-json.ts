/** The bare work that `holdfast skew` is compared with: a whole dump parsed, and its images counted. */
import { readFileSync } from 'node:fs';

type Dump = {
  readonly items: readonly { readonly spec: { readonly containers: readonly { image: string }[] } }[];
};

const dump = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Dump;
const images = new Map<string, number>();
for (const { spec } of dump.items) {
  for (const { image } of spec.containers) images.set(image, (images.get(image) ?? 0) + 1);
}
process.stdout.write(`${images.size}\n`);
