import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingTool } from '../tools.ts';
import { type ReplicaName, withoutCertificateDates } from './replica.ts';
import { other, type Stage } from './stage.ts';
import type { Variation } from './variation.ts';

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
let stages = 0;

const dayMs = 86_400_000;
/** How far a log's time may be from what is expected. */
const toleranceMs = 3_600_000;

/** Made anew for each stage, for each has clocks of its own. */
export function clockVariation(): Variation {
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
  return {
    name: 'a clock that is set back by a day and forward by two, in the leader and before it starts',
    hasMutant: false,
    stage: { replicas: { a: optionsOf('a'), b: optionsOf('b') } },
    play: (stage) => playClocks(stage, set),
  };
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
