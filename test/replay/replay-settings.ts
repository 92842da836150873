import { relative } from 'node:path';
import { type Random, seededRandom } from '../simulation/random.ts';

/** How often the incident is played. */
export const rounds = countOf('HOLDFAST_REPLAY_ROUNDS', 200);

/** How often each of its variations is. */
export const variationRounds = Math.max(1, Math.round(rounds / 100));

/** What the timing of a run begins with. */
export const seed = countOf('HOLDFAST_REPLAY_SEED', Date.now() % 1_000_000);

function countOf(variable: string, fallback: number): number {
  const text = process.env[variable];
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${variable} must be a number: ${text}`);
  return Number(text);
}

/** Plays with the timing of this run; what fails says how to play it again. */
export async function repeatWith(play: (random: Random) => Promise<void>, index = 0): Promise<void> {
  try {
    await play(seededRandom(seed + index));
  } catch (cause) {
    const variables = `HOLDFAST_REPLAY_SEED=${seed} HOLDFAST_REPLAY_ROUNDS=${rounds}`;
    throw new Error(
      `${describe(cause)}\nagain: ${variables} npx node --test ${relative('.', process.argv[1] ?? '')}`,
      {
        cause,
      },
    );
  }
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
