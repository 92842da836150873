import type { Scenario } from './scenario.ts';
import { access } from './scenarios/access.ts';
import { changing } from './scenarios/changing.ts';
import { commands } from './scenarios/commands.ts';
import { lifecycle } from './scenarios/lifecycle.ts';
import { scanning } from './scenarios/scanning.ts';
import { selecting } from './scenarios/selecting.ts';
import { strange } from './scenarios/strange.ts';

/** Played against Flux's reflector and against ours. */
export const scenarios: readonly Scenario[] = [
  ...scanning,
  ...selecting,
  ...access,
  ...changing,
  ...strange,
  ...lifecycle,
  ...commands,
];
