/**
 * The same scenarios against Flux's reflector and ours, both live, each on its own API server: what a user, a
 * dashboard, `flux get images` or kubectl would read is the same, but for what is listed as better. What was seen
 * of the reference is kept in `test/flux/reference-facts.json`, and held to what is seen of it now.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findReflectorCrds } from '../flux/build-reflector.ts';
import { compareSights, type Difference, describeDifference } from '../flux/compare.ts';
import { documentedDifferences, shownElsewhere } from '../flux/expected-difference.ts';
import {
  expectedDifferences,
  isExpected,
  leftToChance,
  staleExpectations,
  wordingsOf,
} from '../flux/expected-differences.ts';
import { play, type Sights } from '../flux/play.ts';
import { promises } from '../flux/promises.ts';
import { findFlux, holdfast, type ReflectorProgram } from '../flux/reflector-program.ts';
import { scenarios } from '../flux/scenarios.ts';
import { findWorldTools, startWorld } from '../flux/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ourCrds = fileURLToPath(new URL('../../deploy/crds', import.meta.url));
const factsFile = fileURLToPath(new URL('../flux/reference-facts.json', import.meta.url));
const page = fileURLToPath(new URL('../../docs/commands/controller.md', import.meta.url));

const tools = await findWorldTools();
const flux = await findFlux();
const fluxCrds = await findReflectorCrds();

describe("holdfast controller beside Flux's reflector", { skip: tools.missing }, () => {
  let reference: Sights = {};
  let differences: readonly Difference[] = [];
  before(async () => {
    const kept = JSON.parse(readFileSync(factsFile, 'utf8')) as Sights;
    const isLive = flux.tool.missing === false && fluxCrds !== undefined;
    const [ours, played] = await Promise.all([
      playIn(holdfast, ourCrds),
      isLive ? playIn(flux, fluxCrds) : kept,
    ]);
    reference = played;
    differences = compareSights(reference, ours, leftToChance);
  });

  for (const { name } of scenarios) {
    it(`${name}: reads the same, but for what is meant`, () => {
      const unexpected = differences
        .filter((one) => one.scenario === name && wordingsOf(one).length === 0)
        .filter((one) => !expectedDifferences.some((expected) => isExpected(one, expected)));
      assert.equal(unexpected.map(describeDifference).join('\n'), '');
    });
  }

  it('expects no difference that there is no longer', () => {
    assert.deepEqual(staleExpectations(differences), []);
  });

  it('keeps of the reference what is seen of it now', { skip: flux.tool.missing }, () => {
    const kept = JSON.parse(readFileSync(factsFile, 'utf8')) as Sights;
    const changed = compareSights(kept, reference, leftToChance);
    assert.equal(changed.map(describeDifference).join('\n'), '');
  });
});

describe('differences from Flux on purpose', () => {
  const text = readFileSync(page, 'utf8')
    .split('## Differences from Flux on purpose\n')[1]
    ?.split('\n## ')[0];
  const lines = (text ?? '').split('\n').filter((line) => line.startsWith('- '));

  it('are told to users, each in a line, and no others', () => {
    const beginnings = [...Object.values(documentedDifferences), ...Object.keys(shownElsewhere)];
    const found = lines.map((line) => beginnings.find((one) => line.startsWith(`- ${one}`)) ?? line);
    assert.deepEqual(found.toSorted(), beginnings.toSorted());
  });

  it('are all shown by a scenario', () => {
    const shown = new Set(['words', ...expectedDifferences.map(({ documented }) => documented)]);
    assert.deepEqual([...shown].toSorted(), Object.keys(documentedDifferences).toSorted());
  });
});

describe('what users of Flux lean on', () => {
  const names = new Set(scenarios.map(({ name }) => name));
  for (const [promise, shownBy] of Object.entries(promises)) {
    it(`${promise}: is held by a scenario or a test`, () => {
      assert.notEqual(shownBy.length, 0);
      const unknown = shownBy.filter((one) => !names.has(one) && !existsSync(join(root, one)));
      assert.deepEqual(unknown, []);
    });
  }

  it('is what every scenario is there for', () => {
    const named = new Set([
      ...Object.values(promises).flat(),
      ...expectedDifferences.flatMap(({ scenarios: shown = [] }) => shown),
    ]);
    assert.deepEqual(
      [...names].filter((name) => !named.has(name)),
      [],
    );
  });
});

async function playIn(program: ReflectorProgram, crds: string): Promise<Sights> {
  const world = await startWorld(program, tools, crds);
  try {
    return await play(world, scenarios);
  } finally {
    await world.stop();
  }
}
