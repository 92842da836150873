/**
 * The incident that this program was born from, again and again: the replica that leads is killed for want of
 * memory, and the one that takes over knows older tags. `HOLDFAST_REPLAY_ROUNDS` and `HOLDFAST_REPLAY_SEED`
 * say how often and with which timing; `HOLDFAST_REPLAY_FLUX=true` shows what Flux's reflector does.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findReflectorCrds } from '../flux/build-reflector.ts';
import { findFlux, holdfast } from '../flux/reflector-program.ts';
import { say } from '../go-module.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { type Ground, startGround } from '../replay/ground.ts';
import { kill } from '../replay/play-round.ts';
import { repeatWith, rounds, seed } from '../replay/replay-settings.ts';
import { type Stage, startStage } from '../replay/stage.ts';
import { onStage, playBack, playOnce } from '../replay/variation.ts';
import type { Random } from '../simulation/random.ts';

/** Rounds are played side by side: most of a round is waiting for a Lease to run out. */
const stagesMax = 4;
const apps = 5;

/** Flux's reflector shows it at once, and takes its time to start. */
const fluxRoundsMax = 5;
const fluxSettlesMs = 5000;

/** Much longer than a selection takes. */
const idleMs = 3000;

const tools = await findApiServerTools();

describe('the incident, replayed', { skip: tools.missing }, () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround(tools);
  });
  after(() => ground.stop());

  it(`latestRef never goes back in ${rounds} rounds with seed ${seed}`, async () => {
    let left = rounds;
    const playOn = async (stage: Stage, random: Random) => {
      while (left > 0) {
        left -= 1;
        await playOnce(stage, kill, random);
      }
    };
    const playing = Array.from({ length: Math.min(stagesMax, rounds) }, (_, index) => {
      const options = { namespace: `replay-${index}`, program: holdfast, apps };
      return repeatWith((random) => onStage(ground, options, (stage) => playOn(stage, random)), index).catch(
        (error: unknown) => {
          // The others end their round, and play no more.
          left = 0;
          throw error;
        },
      );
    });
    const outcomes = await Promise.allSettled(playing);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });

  it('a mutant goes back', () =>
    repeatWith((random) => playBack(ground, kill, { namespace: 'mutant', random })));

  it('a controller that does nothing does not pass', async () => {
    const idle = { flags: ['--observe', '--enable-leader-election=false'] };
    const options = {
      namespace: 'idle',
      program: holdfast,
      apps: 1,
      isShared: true,
      replicas: { a: idle, b: idle },
      waitMaxMs: idleMs,
    };
    await assert.rejects(
      onStage(ground, options, async () => undefined),
      /^Error: not in 3 s: app-0 selects 1\.0\.1005\n/,
    );
  });
});

describe("the incident, replayed with Flux's reflector", {
  skip:
    tools.missing || (process.env['HOLDFAST_REPLAY_FLUX'] !== 'true' && 'HOLDFAST_REPLAY_FLUX is not true'),
}, () => {
  it('goes back there, which is printed', async () => {
    const crds = await findReflectorCrds();
    assert(crds !== undefined && existsSync(crds));
    const ground = await startGround(tools, { crds: `--filename=${crds}` });
    // Outside a pod it finds no namespace for its Lease: there the second starts when the first is dead.
    const asAdmin = { kubeconfig: () => ground.server.kubeconfig() };
    const stage = await startStage(ground, {
      namespace: 'flux',
      program: await findFlux(),
      apps,
      replicas: { a: asAdmin, b: asAdmin },
    });
    let steps = 0;
    try {
      await stage.start('a');
      for (let round = 1; round <= Math.min(rounds, fluxRoundsMax); round += 1) {
        const [leader, next] = round % 2 === 1 ? (['a', 'b'] as const) : (['b', 'a'] as const);
        await stage.catchUp();
        await stage.killForMemory(leader);
        await stage.start(next);
        await pause(fluxSettlesMs);
        const back = stage.stepsBack();
        steps += back.length;
        say(`Flux's reflector, round ${round}: ${back.join(', ') || 'no step back'}`);
        await stage.catchUp();
      }
    } finally {
      await stage.stop();
      await ground.stop();
    }
    assert(steps > 0, 'the stage is able to show a step back');
  });
});
