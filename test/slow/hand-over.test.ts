/** From one leader to the next without a kill: the Lease is given back, nothing is lost, nothing is said too early. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { holdfast } from '../flux/reflector-program.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { buildServer } from '../kubernetes/build-servers.ts';
import { startControlPlane } from '../kubernetes/control-plane.ts';
import { type Ground, replicaUsers, startGround } from '../replay/ground.ts';
import type { Stage } from '../replay/stage.ts';
import { makeForeignLedger } from '../replay/store-variations.ts';
import { onStage } from '../replay/variation.ts';

const tools = await findApiServerTools();

/** How long the registry takes for a list here: while it does, nothing may be elected. */
const listMs = 6000;

/** Runs out long after a test has given up: who leads before was given the Lease. */
const longLease = {
  flags: [
    '--leader-election-lease-duration=300s',
    '--leader-election-renew-deadline=290s',
    '--leader-election-retry-period=500ms',
  ],
};

describe('handing over', { skip: tools.missing, concurrency: 2 }, () => {
  let ground: Ground;
  before(async () => {
    ground = await startGround(tools);
  });
  after(() => ground.stop());

  it('SIGTERM in the middle of scans gives the Lease back, and the next leader loses nothing', async () => {
    const options = {
      namespace: 'sigterm',
      program: holdfast,
      replicas: { a: longLease, b: longLease },
    };
    await onStage(ground, options, async (stage) => {
      const leader = stage.replica('a');
      const undo = holdLists(stage);
      const tags = stage.apps.map((app) => [app, stage.publish(app)] as const);
      for (const [app] of tags) await stage.requestScan(app);
      await untilListsAsked(stage);
      await stage.stopReplica('a', 'SIGTERM');
      const said = leader.log().map(({ msg }) => msg);
      assert.deepEqual(said.slice(-2), ['the lease is given back', 'stopped']);
      await stage.untilLeads('b');
      undo();
      for (const [app, tag] of tags) await stage.untilSelected(app, tag);
      await stage.catchUp();
      stage.assertForward();
    });
  });

  const ledgers: readonly { readonly name: string; make(stage: Stage): Promise<void> | void }[] = [
    {
      name: 'an empty ledger',
      make: (stage) => rmSync(stage.storagePath('b'), { recursive: true }),
    },
    // It led once, and everything went on since.
    { name: 'an old ledger', make: () => undefined },
    {
      name: 'the ledger of another cluster',
      async make(stage) {
        rmSync(stage.storagePath('b'), { recursive: true });
        await makeForeignLedger(stage, 'b');
      },
    },
  ];
  for (const [index, ledger] of ledgers.entries()) {
    it(`a replica with ${ledger.name} is not ready, and elects nothing, before it has scanned`, async () => {
      await onStage(ground, { namespace: `compared-${index}`, program: holdfast }, async (stage) => {
        await stage.makeLead('b');
        await stage.catchUp();
        await stage.makeLead('a');
        await stage.catchUp();
        await stage.stopReplica('b', 'SIGKILL');
        await ledger.make(stage);
        await stage.start('b');
        await stage.until('the standby is ready', async () => (await readiness(stage)) === '200 ok');
        const undo = holdLists(stage);
        const writesBefore = policyWritesOfB(stage);
        await stage.takeOver();
        await untilListsAsked(stage);
        assert.equal(await readiness(stage), '503 the ledger is being compared with the cluster');
        assert.equal(policyWritesOfB(stage), writesBefore, 'no policy is written while its list is away');
        undo();
        await stage.until('the new leader is ready', async () => (await readiness(stage)) === '200 ok');
        await stage.start('a');
        await stage.catchUp();
        assert(policyWritesOfB(stage) > writesBefore);
        stage.assertForward();
      });
    });
  }

  it('a namespace that is deleted in the middle of a scan goes away, and may come back', async () => {
    const [controllerManager, scheduler] = await Promise.all([
      buildServer('kube-controller-manager'),
      buildServer('kube-scheduler'),
    ]);
    // Its replicas watch every namespace, so there must be no other stage.
    const own = await startGround(tools);
    const stopControlPlane = await startControlPlane({ controllerManager, scheduler }, own.server);
    const options = { namespace: 'leases', program: holdfast, objectsIn: 'deleted' };
    try {
      await onStage(own, options, async (stage) => {
        const undo = holdLists(stage);
        for (const app of stage.apps) await stage.requestScan(app);
        await untilListsAsked(stage);
        await own.server.kubectl(['delete', 'namespace', 'deleted', '--timeout=60s']);
        undo();
        await own.server.kubectl(['create', 'namespace', 'deleted']);
        for (const app of stage.apps) await stage.create(app);
        await stage.catchUp();
        const errors = stage
          .replica('a')
          .log()
          .filter(({ level }) => level === 'error');
        assert.deepEqual(errors, []);
      });
    } finally {
      await stopControlPlane();
      await own.stop();
    }
  });
});

/** From now on each list takes its time. What is undone ends it for those that are asked for later. */
function holdLists({ registry }: Stage): () => void {
  registry.requests.clear();
  return registry.faults.add({ match: { endpoint: 'tags' }, fault: { kind: 'delay', delayMs: listMs } });
}

async function untilListsAsked(stage: Stage): Promise<void> {
  for (const app of stage.apps) {
    const path = `/${stage.path(app)}/tags/list`;
    await stage.until(`the list of ${app} is asked for`, () => stage.registry.requests.count({ path }) > 0);
  }
}

function policyWritesOfB({ ground, namespace }: Stage): number {
  const ofB = ground.writes(namespace).filter(({ user }) => user === replicaUsers.b);
  return ofB.filter(({ resource }) => resource === 'imagepolicies').length;
}

async function readiness(stage: Stage): Promise<string> {
  const answer = await fetch(`${stage.replica('b').healthUrl}/readyz`);
  return `${answer.status} ${(await answer.text()).trim()}`;
}
