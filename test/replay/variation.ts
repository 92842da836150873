import assert from 'node:assert/strict';
import { holdfast, type ReflectorProgram } from '../flux/reflector-program.ts';
import type { Random } from '../simulation/random.ts';
import type { Ground } from './ground.ts';
import { type Stage, type StageOptions, startStage } from './stage.ts';

/** One way in which more goes wrong than a leader that dies. */
export type Variation = {
  /** After "latestRef does not go back with". */
  readonly name: string;
  /** What the stage has besides. */
  readonly stage?: Partial<StageOptions>;
  /**
   * One round: makes the fault and ends it, with the Lease somewhere.
   * @throws Error where the fault did not happen as it should, by what registry, API server and processes say
   */
  play(stage: Stage, random: Random): Promise<void>;
  /** What our controller says or does while it stays: asserted in a round of ours, not in one of the mutant's. */
  readonly hasMutant: boolean;
};

/** Our controller with all of `mutations`: it goes back wherever it can. */
export const mutant: ReflectorProgram = {
  ...holdfast,
  words: [`--import=${new URL('./mutate.ts', import.meta.url).href}`, ...holdfast.words],
};

export function isOurs(program: ReflectorProgram): boolean {
  return program === holdfast;
}

const appsDefault = 4;

/** Two replicas on a stage of their own, `a` leading, and everything selected. */
export async function onStage(
  ground: Ground,
  options: Pick<StageOptions, 'namespace' | 'program'> & Partial<StageOptions>,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await startStage(ground, { apps: appsDefault, ...options });
  try {
    await stage.start('a');
    if (options.isShared !== true) await stage.untilLeads('a');
    await stage.start('b');
    await stage.catchUp();
    await play(stage);
  } finally {
    await stage.stop();
  }
}

/** Rounds of a variation: nothing goes back, and each time the controller goes forward again. */
export async function playForward(
  ground: Ground,
  variation: Variation,
  {
    namespace,
    rounds,
    random,
  }: { readonly namespace: string; readonly rounds: number; readonly random: Random },
): Promise<void> {
  await onStage(ground, { namespace, program: holdfast, ...variation.stage }, async (stage) => {
    for (let round = 0; round < rounds; round += 1) await playOnce(stage, variation, random);
  });
}

/** A round, and whatever the controller is to do afterwards. */
export async function playOnce(stage: Stage, variation: Variation, random: Random): Promise<void> {
  await variation.play(stage, random);
  stage.assertForward();
  await stage.catchUp();
  stage.assertForward();
}

/** Rounds that the mutant may need: where it is a matter of timing, it does not go back in each. */
const mutantRoundsMax = 5;

/** The same round with the mutant, which goes back: the stage is able to see it. */
export async function playBack(
  ground: Ground,
  variation: Variation,
  { namespace, random }: { readonly namespace: string; readonly random: Random },
): Promise<void> {
  await onStage(ground, { namespace, program: mutant, ...variation.stage }, async (stage) => {
    for (let round = 0; round < mutantRoundsMax; round += 1) {
      await variation.play(stage, random);
      if (stage.stepsBack().length > 0) return;
      await stage.catchUp();
      if (stage.stepsBack().length > 0) return;
    }
    assert.fail(`the mutant did not go back in ${mutantRoundsMax} rounds: the stage shows nothing`);
  });
}
