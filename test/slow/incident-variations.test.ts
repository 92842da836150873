/**
 * The incident with more that goes wrong: lost and foreign ledgers, registries that lie, two leaders, clocks,
 * servers that end. Each is played with our controller, which must stay and then go forward, and where there is
 * one with a mutant that must go back. Variables as in `incident-replay.test.ts`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { holdfast } from '../flux/reflector-program.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { startPostgres } from '../postgres.ts';
import { clockMissing, clockVariation, playMinimumAge } from '../replay/clock-variations.ts';
import { type Ground, startGround } from '../replay/ground.ts';
import { leaderVariations } from '../replay/leader-variations.ts';
import { listVariations } from '../replay/list-variations.ts';
import { repeatWith, variationRounds } from '../replay/replay-settings.ts';
import { apiServerVariation, postgresVariation, sharedVariation } from '../replay/server-variations.ts';
import { storeVariations } from '../replay/store-variations.ts';
import { mutant, playBack, playForward, type Variation } from '../replay/variation.ts';

const tools = await findApiServerTools();

/** Stages side by side: most of a round is waiting. */
const concurrency = 4;

describe('latestRef does not go back with', { skip: tools.missing, concurrency }, () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround(tools);
  });
  after(() => ground.stop());

  const variations: readonly Variation[] = [
    ...listVariations.toReversed(),
    ...leaderVariations,
    ...storeVariations,
  ];
  for (const [index, variation] of variations.entries()) {
    const namespace = `variation-${index}`;
    it(variation.name, () =>
      repeatWith((random) => playForward(ground, variation, { namespace, rounds: variationRounds, random })),
    );
    it(`${variation.name}: a mutant does`, { skip: !variation.hasMutant && 'it cannot' }, () =>
      repeatWith((random) => playBack(ground, variation, { namespace: `${namespace}-mutant`, random })),
    );
  }

  const clocks = clockVariation();
  it(clocks.name, { skip: clockMissing() }, () =>
    repeatWith((random) =>
      playForward(ground, clocks, { namespace: 'clocks', rounds: variationRounds, random }),
    ),
  );

  it('a minimum age, while the clock jumps forward and back', { skip: clockMissing() }, async () => {
    assert.deepEqual(await playMinimumAge(ground, { namespace: 'age', program: holdfast }), []);
  });
  it('a minimum age, while the clock jumps: a mutant does', { skip: clockMissing() }, async () => {
    assert.notDeepEqual(await playMinimumAge(ground, { namespace: 'age-mutant', program: mutant }), []);
  });

  it('a ledger in PostgreSQL', async (context) => {
    const postgres = await startPostgres();
    try {
      const restarted = postgresVariation(postgres, await postgres.createDatabase());
      const shared = sharedVariation(await postgres.createDatabase());
      for (const [namespace, variation] of Object.entries({ shared, postgres: restarted })) {
        await context.test(variation.name, () =>
          repeatWith((random) =>
            playForward(ground, variation, { namespace, rounds: variationRounds, random }),
          ),
        );
      }
    } finally {
      await postgres.stop();
    }
  });
});

describe('latestRef does not go back with', { skip: tools.missing }, () => {
  it(apiServerVariation.name, async () => {
    const ground = await startGround(tools);
    try {
      await repeatWith((random) =>
        playForward(ground, apiServerVariation, { namespace: 'restarted', rounds: variationRounds, random }),
      );
    } finally {
      await ground.stop();
    }
  });
});
