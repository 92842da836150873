/**
 * The same scenarios against Flux's reflector and ours, each on its own API server: what a user, a dashboard
 * or `flux get images` would read is the same, but for what is listed as better. The reference is played where
 * `HOLDFAST_PLAY_REFERENCE` is set; otherwise what was seen of it is read from `test/flux/reference-facts.json`.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findReflectorCrds } from '../flux/build-reflector.ts';
import { compareSights, type Difference, describeDifference, isExpected } from '../flux/compare.ts';
import { expectedDifferences } from '../flux/expected-differences.ts';
import { play, type Sights } from '../flux/play.ts';
import { findFlux, holdfast, type ReflectorProgram } from '../flux/reflector-program.ts';
import { scenarios } from '../flux/scenarios.ts';
import { startWorld } from '../flux/world.ts';
import { say } from '../go-module.ts';
import { type ApiServerTools, findApiServerTools } from '../kubernetes/api-server.ts';

const ourCrds = fileURLToPath(new URL('../../deploy/crds', import.meta.url));
const factsFile = fileURLToPath(new URL('../flux/reference-facts.json', import.meta.url));
const playsReference = process.env['HOLDFAST_PLAY_REFERENCE'] === 'true';

const tools = await findApiServerTools();

describe("holdfast controller beside Flux's reflector", { skip: tools.missing }, () => {
  let differences: readonly Difference[] = [];
  before(async () => {
    const ours = await playIn(holdfast, tools, existsSync(ourCrds) ? ourCrds : await fluxCrds());
    differences = compareSights(await referenceSights(tools), ours);
  });

  for (const { name } of scenarios) {
    it(`${name}: reads the same, but for what is meant`, () => {
      const unexpected = differences
        .filter((one) => one.scenario === name)
        .filter((one) => !expectedDifferences.some((expected) => isExpected(one, expected)));
      assert.equal(unexpected.map(describeDifference).join('\n'), '');
    });
  }

  it('expects no difference that there is no longer', () => {
    const stale = expectedDifferences.filter(
      (expected) => !differences.some((one) => isExpected(one, expected)),
    );
    assert.deepEqual(stale, []);
  });
});

async function referenceSights(servers: ApiServerTools): Promise<Sights> {
  const facts = JSON.parse(readFileSync(factsFile, 'utf8')) as Sights;
  if (!playsReference) return facts;
  const played = await playIn(await findFlux(), servers, await fluxCrds());
  for (const one of compareSights(facts, played)) say(`not as kept: ${describeDifference(one)}`);
  return played;
}

async function playIn(program: ReflectorProgram, servers: ApiServerTools, crds: string): Promise<Sights> {
  const world = await startWorld(program, servers, crds);
  try {
    return await play(world, scenarios);
  } finally {
    await world.stop();
  }
}

async function fluxCrds(): Promise<string> {
  const crds = await findReflectorCrds();
  if (crds === undefined) throw new Error("Flux's CRDs are read from its Go module, which is not here");
  return crds;
}
