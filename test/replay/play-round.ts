import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../simulation/random.ts';
import type { LogLine } from './replica.ts';
import { other, type Stage } from './stage.ts';
import { isOurs, type Variation } from './variation.ts';

/** Longest time over which a round spreads what happens, so that the kill falls between any two steps of it. */
const spreadMs = 300;

/**
 * One round of the incident: while tags appear, the leader is killed by its memory limit, and the replica that
 * takes over knows older tags. Each app has a timing of its own, so one round tries as many as there are apps;
 * of the first nothing is asked, so that the new leader must find out by itself.
 */
export const kill: Variation = {
  name: 'a leader that is killed for want of memory, and another that knows older tags',
  hasMutant: true,
  play: playRound,
};

async function playRound(stage: Stage, random: Random): Promise<void> {
  const leader = await stage.leader();
  const next = other(leader);
  const [quiet = '', ...busy] = stage.apps;
  const known = stage.replica(next).log().length;
  const publishing = busy.map(async (app) => {
    await pause(random.below(spreadMs));
    stage.publish(app);
    await stage.requestScan(app);
  });
  await pause(random.below(spreadMs));
  await stage.killForMemory(leader);
  await Promise.all(publishing);
  // More tags appear while nobody leads, and while the new leader finds its way.
  const appearing = stage.apps.map(async (app) => {
    await pause(random.below(spreadMs * 4));
    stage.publish(app);
  });
  await stage.untilLeads(next);
  await Promise.all([...appearing, pause(random.below(spreadMs)).then(() => stage.start(leader))]);
  if (!isOurs(stage.program)) return;
  await assertScannedFirst(stage, quiet, () => [
    ...stage.replica(next).log().slice(known),
    ...stage.replica(leader).log(),
  ]);
}

/** Reasons to scan that say: this ledger is not what the objects' status says. */
const differs = ['the ledger holds other tags than the last scan saw', 'no tags in database'];

/** The new leader saw that its ledger is behind, and said nothing of a selection before it had scanned. */
async function assertScannedFirst(
  stage: Stage,
  app: string,
  saidSince: () => readonly LogLine[],
): Promise<void> {
  await stage.until(`the new leader scans ${app}`, () => choices(saidSince(), app).length > 0);
  const [first] = choices(saidSince(), app);
  assert.equal(first?.['controller'], 'imagerepository', JSON.stringify(first));
  assert(differs.includes(String(first?.['trigger'])), JSON.stringify(first));
}

/** What was said of an app's scans and selections, without complaints about what could not be done. */
export function choices(log: readonly LogLine[], app: string): readonly LogLine[] {
  return log.filter(
    (line) => line['name'] === app && ('trigger' in line || line['controller'] === 'imagepolicy'),
  );
}
