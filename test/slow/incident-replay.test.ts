/**
 * The incident that this program was born from, again and again: the replica that leads is killed for want of
 * memory, and the one that takes over knows older tags. `HOLDFAST_REPLAY_ROUNDS` and `HOLDFAST_REPLAY_SEED`
 * say how often and with which timing; `HOLDFAST_REPLAY_FLUX=true` shows what Flux's reflector does.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../../src/registry-server/fault.ts';
import { findReflectorCrds } from '../flux/build-reflector.ts';
import { findFlux, holdfast } from '../flux/reflector-program.ts';
import { say } from '../go-module.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { startPostgres } from '../postgres.ts';
import { type Stage, startStage } from '../replay/stage.ts';

const rounds = Number(process.env['HOLDFAST_REPLAY_ROUNDS'] ?? 8);
const seed = Number(process.env['HOLDFAST_REPLAY_SEED'] ?? Date.now() % 1_000_000);
const crdsFlag = `--kustomize=${fileURLToPath(new URL('../../deploy/crds', import.meta.url))}`;

const tools = await findApiServerTools();

/** The registry's answer while another replica takes over. */
const faults: readonly { readonly name: string; readonly fault: Fault }[] = [
  { name: 'a list that is cut short, with status 200', fault: { kind: 'truncated-tags', keep: 1 } },
  { name: 'an empty list', fault: { kind: 'empty-tags', as: 'empty' } },
  { name: 'an error in the middle of the list', fault: { kind: 'cut-body', afterBytes: 20 } },
];

describe('the incident, replayed', { skip: tools.missing }, () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage(holdfast, tools, { flag: crdsFlag });
    await stage.untilSelected('1.0.1');
  });
  after(() => stage.stop());

  it(`latestRef never goes back in ${rounds} rounds with seed ${seed}`, async () => {
    const random = randomOf(seed);
    for (let round = 1; round <= rounds; round += 1) {
      const tag = await advance(stage, random);
      await stage.takeOver();
      // Another tag appears while the new leader finds its way.
      if (random() < 0.5) await pause(random() * 500);
      assert.deepEqual(stage.stepsBack(), [], `round ${round}, after ${tag}`);
      await catchUp(stage);
    }
  });

  it('latestRef does not go back with an empty ledger', async () => {
    await takeOverWith((path) => rmSync(path, { recursive: true }));
  });

  it('latestRef does not go back with the ledger of yesterday', async () => {
    const kept = `${stage.server.folder}/yesterday`;
    const next = stage.leader === 'a' ? 'b' : 'a';
    cpSync(stage.storagePath(next), kept, { recursive: true });
    await catchUp(stage);
    await takeOverWith((path) => {
      rmSync(path, { recursive: true });
      cpSync(kept, path, { recursive: true });
    });
  });

  for (const { name, fault } of faults) {
    it(`latestRef does not go back with ${name}`, async () => {
      await catchUp(stage);
      const undo = stage.registry.faults.add({ match: { endpoint: 'tags' }, fault });
      try {
        await stage.takeOver();
        await stage.requestScan();
        await pause(random() * 1000);
      } finally {
        undo();
      }
      assert.deepEqual(stage.stepsBack(), []);
      await catchUp(stage);
    });
  }

  it('latestRef does not go back when the registry forgets the newest tag for a while', async () => {
    const tag = await catchUp(stage);
    const undo = stage.registry.faults.add({ fault: { kind: 'forget-tag', tag } });
    try {
      await stage.takeOver();
      await stage.requestScan();
      await pause(1000);
    } finally {
      undo();
    }
    assert.deepEqual(stage.stepsBack(), []);
    await catchUp(stage);
  });

  it('latestRef does not go back when the lease is stolen and two replicas lead', async () => {
    await catchUp(stage);
    const change = JSON.stringify({
      spec: { holderIdentity: 'somebody-else', renewTime: '2020-01-01T00:00:00.000000Z' },
    });
    const at = '--namespace=flux-system';
    const leases = await stage.server.kubectl(['get', 'lease', at, '--output=name']);
    stage.publish();
    await stage.server.kubectl(['patch', at, leases.trim(), '--type=merge', `--patch=${change}`]);
    await stage.requestScan();
    await catchUp(stage);
    assert.deepEqual(stage.stepsBack(), []);
  });

  it('latestRef does not go back when the API server is started again', async () => {
    await catchUp(stage);
    stage.publish();
    await stage.server.restart();
    await catchUp(stage);
    assert.deepEqual(stage.stepsBack(), []);
  });

  const random = randomOf(seed + 1);

  /** The next leader starts with another store than it had. */
  async function takeOverWith(change: (storagePath: string) => void): Promise<void> {
    await catchUp(stage);
    await stage.takeOver((next) => change(stage.storagePath(next)));
    assert.deepEqual(stage.stepsBack(), []);
    await catchUp(stage);
    assert.deepEqual(stage.stepsBack(), []);
  }
});

describe('the incident, replayed with one ledger in PostgreSQL', { skip: tools.missing }, () => {
  it('latestRef does not go back when a replica dies, and PostgreSQL is started again', async () => {
    const postgres = await startPostgres();
    const stage = await startStage(holdfast, tools, {
      flag: crdsFlag,
      ledger: await postgres.createDatabase(),
    });
    try {
      await stage.untilSelected('1.0.1');
      await catchUp(stage);
      await stage.takeOver();
      await catchUp(stage);
      stage.publish();
      await stage.requestScan();
      await postgres.restart();
      await catchUp(stage);
      assert.deepEqual(stage.stepsBack(), []);
    } finally {
      await stage.stop();
      await postgres.stop();
    }
  });
});

describe("the incident, replayed with Flux's reflector", {
  skip:
    tools.missing || (process.env['HOLDFAST_REPLAY_FLUX'] !== 'true' && 'HOLDFAST_REPLAY_FLUX is not true'),
}, () => {
  it('goes back there, which is printed', async () => {
    const crds = await findReflectorCrds();
    assert(crds !== undefined && existsSync(crds));
    const stage = await startStage(await findFlux(), tools, { flag: `--filename=${crds}` });
    try {
      await stage.untilSelected('1.0.1');
      for (let round = 1; round <= rounds; round += 1) {
        await catchUp(stage);
        await stage.takeOver();
        await pause(5000);
        say(`Flux's reflector, round ${round}: ${stage.stepsBack().join(', ') || 'no step back'}`);
        await catchUp(stage);
      }
    } finally {
      await stage.stop();
    }
  });
});

/** A newer version, which the leader has selected, is selecting, or has not seen yet. */
async function advance(stage: Stage, random: () => number): Promise<string> {
  const tag = stage.publish();
  await stage.requestScan();
  if (random() < 0.7) await stage.untilSelected(tag);
  else await pause(random() * 300);
  return tag;
}

async function catchUp(stage: Stage): Promise<string> {
  const tag = stage.publish();
  await stage.requestScan();
  await stage.untilSelected(tag);
  return tag;
}

/** Source: mulberry32, public domain. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
