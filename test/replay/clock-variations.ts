import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingTool } from '../tools.ts';
import type { Ground } from './ground.ts';
import { type ReplicaName, withoutCertificateDates } from './replica.ts';
import { other, type Stage, type StageOptions, startStage } from './stage.ts';
import { isOurs, type Variation } from './variation.ts';

/** Debian's libfaketime, which tells a program another time of day; the time since its start stays as it is. */
const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((path) => existsSync(path));

/** False, or why a clock cannot be set. @throws Error where it cannot and `CI=true` */
export function clockMissing(): false | string {
  return library === undefined && missingTool('libfaketime', 'libfaketime is not installed').missing;
}

/** Each replica's clock is in a file, which it reads whenever it asks for the time. */
const clocks = mkdtempSync(join(tmpdir(), 'holdfast-clocks-'));
process.once('exit', () => rmSync(clocks, { recursive: true }));
let stages = 0;

const dayMs = 86_400_000;
/** How far a log's time may be from what is expected. */
const toleranceMs = 3_600_000;

type Clocks = {
  /** Options of the replicas, which go by these clocks. */
  readonly replicas: Required<Pick<StageOptions, 'replicas'>>['replicas'];
  /** `+1d`, `-2d`, `+0` */
  readonly set: (name: ReplicaName, offset: string) => void;
};

/** Each stage has clocks of its own. */
function makeClocks(): Clocks {
  stages += 1;
  const folder = join(clocks, String(stages));
  const file = (name: ReplicaName) => `${folder}-${name}`;
  const set = (name: ReplicaName, offset: string) => writeFileSync(file(name), `${offset}\n`);
  const optionsOf = (name: ReplicaName) => ({
    env: {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file(name),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    },
    kubeconfig: withoutCertificateDates,
  });
  for (const name of ['a', 'b'] as const) set(name, '+0');
  return { replicas: { a: optionsOf('a'), b: optionsOf('b') }, set };
}

/** Made anew for each stage. */
export function clockVariation(): Variation {
  const { replicas, set } = makeClocks();
  return {
    name: 'a clock that is set back by a day and forward by two, in the leader and before it starts',
    hasMutant: false,
    stage: { replicas },
    play: (stage) => playClocks(stage, set),
  };
}

/**
 * Tags must be half a day old, and the clock jumps a day forward and back: what was old enough is young again.
 * The answer is what went back.
 */
export async function playMinimumAge(
  ground: Ground,
  { namespace, program }: Pick<StageOptions, 'namespace' | 'program'>,
): Promise<readonly string[]> {
  const { replicas, set } = makeClocks();
  const policyAnnotations = { 'holdfast.dev/minimum-age': '12h' };
  const stage = await startStage(ground, { namespace, program, apps: 1, replicas, policyAnnotations });
  const [app = ''] = stage.apps;
  const scanned = async () => {
    const request = await stage.requestScan(app);
    await stage.until(`${app} is scanned`, async () => {
      const { lastHandledReconcileAt } = await stage.status('imagerepositories', app);
      return lastHandledReconcileAt === request;
    });
  };
  try {
    set('a', '-2d');
    await stage.start('a');
    await scanned();
    set('a', '+0');
    await stage.requestScan(app);
    await stage.untilSelected(app, stage.newest(app));
    const young = stage.publish(app);
    await scanned();
    assert.notEqual(stage.selected(app), young);
    set('a', '+1d');
    await stage.requestScan(app);
    await stage.untilSelected(app, young);
    set('a', '+0');
    await scanned();
    if (isOurs(program)) await stage.until('it waits where it is', () => isWaiting(stage, app));
    else await stage.until('the mutant selects another', () => stage.selected(app) !== young);
    if (!isOurs(program)) return stage.stepsBack();
    // The next leader's ledger has seen every tag for a moment only.
    await stage.start('b');
    await stage.takeOver();
    const next = stage.publish(app);
    await scanned();
    assert.equal(stage.selected(app), young);
    set('b', '+1d');
    await stage.requestScan(app);
    await stage.untilSelected(app, next);
    return stage.stepsBack();
  } finally {
    await stage.stop();
  }
}

async function isWaiting(stage: Stage, app: string): Promise<boolean> {
  const { conditions = [] } = await stage.status('imagepolicies', app);
  return conditions.some(({ type, reason }) => type === 'holdfast.dev/Selection' && reason === 'AwaitingAge');
}

async function playClocks(stage: Stage, set: (name: ReplicaName, offset: string) => void): Promise<void> {
  const leader = await stage.leader();
  const next = other(leader);
  const work = async (name: ReplicaName, offsetDays: number) => {
    set(name, offsetDays === 0 ? '+0' : `${offsetDays > 0 ? '+' : ''}${offsetDays}d`);
    const said = stage.replica(name).log().length;
    await stage.catchUp();
    stage.assertForward();
    const spoken = stage.replica(name).log().slice(said);
    const offsets = spoken.map(({ ts }) => Date.parse(String(ts)) - Date.now() - offsetDays * dayMs);
    assert(
      offsets.some((ms) => Math.abs(ms) < toleranceMs),
      `the clock of ${name} is ${offsetDays} days off: ${JSON.stringify(spoken.at(-1))}`,
    );
    assert.equal(await stage.leader(), name);
  };
  await work(leader, -1);
  await work(leader, 1);
  await work(leader, 0);
  await work(leader, -1);
  // It dies a day behind; the other one's clock is right, and then the first comes back with its own.
  await stage.takeOver();
  await stage.start(leader);
  await work(next, 0);
  await stage.takeOver();
  await stage.start(next);
  await work(leader, -1);
  await work(leader, 0);
}
