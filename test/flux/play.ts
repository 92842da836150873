import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import type { Sight } from './sight.ts';
import type { World } from './world.ts';

/** By scenario, then by look. */
export type Sights = Readonly<Record<string, Readonly<Record<string, Sight>>>>;

/** Played at once; each has a namespace of its own, and most of the time is waiting. */
const atOnce = 8;

export async function play(world: World, scenarios: readonly Scenario[]): Promise<Sights> {
  const sights: Record<string, Readonly<Record<string, Sight>>> = {};
  for (const [key, sharing] of Map.groupBy(scenarios, ({ flags = [] }) => flags.join(' '))) {
    if (key !== '') await world.restart(sharing[0]?.flags ?? [], 'kept');
    // The longest first, lest one of them is left at the end.
    const waiting = sharing.toSorted((a, b) => looksOf(b) - looksOf(a))[Symbol.iterator]();
    const playNext = async () => {
      for (const scenario of waiting) sights[scenario.name] = await runScenario(world, scenario);
    };
    await Promise.all(Array.from({ length: atOnce }, playNext));
  }
  return Object.fromEntries(scenarios.map(({ name }) => [name, sights[name] ?? {}]));
}

function looksOf({ steps }: Scenario): number {
  return steps.filter(({ kind }) => kind === 'look').length;
}
