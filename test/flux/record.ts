/**
 * Plays all scenarios against Flux's reflector and writes what was seen into `reference-facts.json`, which the
 * comparison falls back on where the reference cannot be built: `node test/flux/record.ts`.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findReflectorCrds } from './build-reflector.ts';
import { play } from './play.ts';
import { findFlux } from './reflector-program.ts';
import { scenarios } from './scenarios.ts';
import { findWorldTools, startWorld } from './world.ts';

const flux = await findFlux();
const crds = await findReflectorCrds();
if (flux.tool.missing !== false || crds === undefined) throw new Error(`no reference: ${flux.tool.missing}`);
const world = await startWorld(flux, await findWorldTools(), crds);
try {
  const file = fileURLToPath(new URL('reference-facts.json', import.meta.url));
  const only = process.argv[2] ?? '';
  const chosen = scenarios.filter(({ name }) => name.includes(only));
  const text = `${JSON.stringify(await play(world, chosen), undefined, 1)}\n`;
  if (only === '') writeFileSync(file, text);
  else process.stdout.write(text);
} finally {
  await world.stop();
}
