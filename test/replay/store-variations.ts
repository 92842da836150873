import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { parseRepository } from '../../src/reference/repository.ts';
import { parseTag } from '../../src/reference/tag.ts';
import { untilAsked } from './list-variations.ts';
import { choices } from './play-round.ts';
import type { ReplicaName } from './replica.ts';
import { other, type Stage } from './stage.ts';
import { isOurs, type Variation } from './variation.ts';

/** The one that leads next begins with another store than it had. */
export const storeVariations: readonly Variation[] = [
  {
    name: 'an empty ledger',
    hasMutant: false,
    async play(stage) {
      const next = other(await stage.leader());
      await stage.stopReplica(next, 'SIGKILL');
      rmSync(stage.storagePath(next), { recursive: true });
      await stage.start(next);
      await takeOverTo(stage, next, 'no tags in database');
    },
  },
  {
    name: 'an empty ledger, while the list is cut short',
    hasMutant: true,
    async play(stage, random) {
      const next = other(await stage.leader());
      await stage.stopReplica(next, 'SIGKILL');
      rmSync(stage.storagePath(next), { recursive: true });
      stage.registry.requests.clear();
      const undo = stage.registry.faults.add({
        match: { endpoint: 'tags' },
        fault: { kind: 'truncated-tags', keep: 2 },
      });
      await stage.start(next);
      await takeOverTo(stage, next, 'no tags in database');
      for (const app of stage.apps) await stage.requestScan(app);
      await untilAsked(stage, ({ status }) => status === 200);
      await pause(random.below(500));
      undo();
    },
  },
  {
    name: 'the ledger of yesterday',
    hasMutant: true,
    async play(stage) {
      const restored = await stage.leader();
      const kept = `${stage.storagePath(restored)}-yesterday`;
      const store = stage.storagePath(restored);
      await stage.takeOver();
      rmSync(kept, { recursive: true, force: true });
      cpSync(store, kept, { recursive: true });
      await stage.start(restored);
      await stage.catchUp();
      // It leads once more and knows all of today; then its disk is lost and restored.
      await stage.makeLead(restored);
      await stage.catchUp();
      await stage.makeLead(other(restored));
      await stage.catchUp();
      await stage.stopReplica(restored, 'SIGKILL');
      rmSync(store, { recursive: true });
      cpSync(kept, store, { recursive: true });
      await stage.start(restored);
      await takeOverTo(stage, restored, 'the ledger holds other tags than the last scan saw');
    },
  },
  {
    name: 'the ledger of another cluster',
    hasMutant: true,
    async play(stage) {
      const next = other(await stage.leader());
      await stage.stopReplica(next, 'SIGKILL');
      rmSync(stage.storagePath(next), { recursive: true });
      await makeForeignLedger(stage, next);
      await stage.start(next);
      await takeOverTo(stage, next, 'the ledger holds other tags than the last scan saw');
    },
  },
];

/** The leader dies, and this one says for every repository why it scans before it does anything else with it. */
async function takeOverTo(stage: Stage, next: ReplicaName, trigger: string): Promise<void> {
  const leader = other(next);
  await stage.killForMemory(leader);
  await stage.untilLeads(next);
  await stage.start(leader);
  for (const app of stage.apps) {
    if (!isOurs(stage.program)) continue;
    const chosen = () => choices(stage.replica(next).log(), app);
    await stage.until(`${next} scans ${app}`, () => chosen().length > 0);
    const [first] = chosen();
    assert.deepEqual([first?.['controller'], first?.['trigger']], ['imagerepository', trigger]);
  }
}

/** Matches the policy, ranks above everything, and was never published here. */
const foreignTag = parseTag('1.9.9');

/** A ledger that knows the same repositories and policies, with a tag that is nowhere. */
export async function makeForeignLedger(stage: Stage, replica: ReplicaName): Promise<void> {
  mkdirSync(stage.storagePath(replica), { recursive: true });
  const ledger = await openLedger(join(stage.storagePath(replica), 'holdfast.db'), { env: {}, cwd: '/' });
  for (const app of stage.apps) {
    const repository = parseRepository(`${stage.registry.host}/${stage.path(app)}`);
    const scan = await ledger.openScan(repository);
    const startedAt = Date.now();
    await scan.stage({ appeared: [foreignTag], missing: [] });
    const outcome = await scan.complete(
      {
        outcome: 'complete',
        startedAt,
        endedAt: startedAt,
        tagCount: 1,
        pages: 1,
        pageSize: 1,
        requests: 1,
        error: undefined,
        doubt: undefined,
      },
      { gone: [], marks: [], sorted: true, readWholeAt: startedAt },
    );
    assert.equal(outcome, 'recorded');
    await scan.close();
    await ledger.advanceSelection(undefined, {
      name: `${stage.namespace}/${app}`,
      repository,
      tag: foreignTag,
      digest: undefined,
      policy: 'another',
      selectedAt: startedAt,
      selectedBy: 'another cluster',
      reason: undefined,
    });
  }
  await ledger.close();
}
