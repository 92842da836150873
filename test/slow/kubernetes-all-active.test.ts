/** `holdfast controller --replicas-active=all`: processes that share the work, and what is done to them meanwhile. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type AllActiveStage,
  eventually,
  type SharingReplica,
  startAllActiveStage,
} from '../all-active-stage.ts';
import { findApiServerTools } from '../kubernetes/api-server.ts';
import { openTcpGate, type TcpGate } from '../tcp-gate.ts';

const tools = await findApiServerTools();

/** Enough for shares to differ visibly, few enough for two cores. */
const repositories = 24;

/** Each repository's list, and each missing repository that a policy names. */
const keys = 2 * repositories;

describe('replicas that share the work', { skip: tools.missing }, () => {
  let stage: AllActiveStage;
  let ledger: string;
  let gate: TcpGate;
  const replicas = new Map<string, SharingReplica>();

  before(async () => {
    stage = await startAllActiveStage(tools, { repositories });
    ledger = await stage.postgres.createDatabase();
    gate = await openTcpGate(Number(new URL(ledger).port));
  });
  after(async () => {
    await stage?.stop();
    await gate?.close();
  });

  const start = async (name: string, url = ledger, isWatched = false): Promise<void> =>
    void replicas.set(name, await stage.start({ ledger: url, isWatched }));
  const heldBy = async (name: string): Promise<number> =>
    (await replicas.get(name)?.metric('holdfast_claims_held')) ?? -1;

  it('share it evenly, ask for each list once, and look after what has no repository', async () => {
    await Promise.all([start('a'), start('b')]);
    await stage.untilSelected(0);
    await eventually(
      'half is held by each',
      async () => (await heldBy('a')) === keys / 2 && (await heldBy('b')) === keys / 2,
    );
    const counts = stage.countLists();
    assert.deepEqual([...new Set(counts.values())], [1]);
    assert.equal(counts.size, repositories);
    await eventually('every lone policy says what it lacks', async () => {
      const reasons = await stage.server.kubectl([
        'get',
        'imagepolicies',
        '--output=jsonpath={range .items[*]}{.metadata.name}={.status.conditions[?(@.type=="Ready")].reason} {end}',
      ]);
      return (reasons.match(/lone-app-\d+=DependencyNotReady/g) ?? []).length === repositories;
    });
  });

  it('share it anew when one joins, without looking again at what did not change', async () => {
    await start('c', ledger.replace(/:\d+\//, `:${gate.port}/`), true);
    await eventually('a third is held by each', async () => {
      const held = await Promise.all(['a', 'b', 'c'].map(heldBy));
      return held.every((one) => one === keys / 3);
    });
    assert.equal(stage.countLists().size, 0);
  });

  it('take over what one held that was killed in the middle of its work', async () => {
    const publishing = stage.publish(1);
    await replicas.get('b')?.process.stop('SIGKILL');
    await publishing;
    await stage.untilSelected(1);
    await eventually('the others hold all', async () => (await heldBy('a')) + (await heldBy('c')) === keys);
  });

  it('go on when PostgreSQL is started again in the middle of their work', async () => {
    await stage.publish(2);
    await stage.postgres.restart();
    await stage.untilSelected(2);
    await eventually(
      'both hold their half',
      async () => (await heldBy('a')) === keys / 2 && (await heldBy('c')) === keys / 2,
    );
  });

  it('work for one that is cut off from PostgreSQL, which stops and says that it is not ready', async () => {
    assert.notEqual(stage.watchedWrites().length, 0);
    gate.cut();
    await stage.publish(3);
    await eventually('it holds nothing', async () => (await heldBy('c')) === 0);
    const stoppedAt = new Date().toISOString();
    assert.equal(await replicas.get('c')?.readiness(), 503);
    await eventually('the other holds all', async () => (await heldBy('a')) === keys);
    await stage.untilSelected(3);
    await stage.publish(4);
    await stage.untilSelected(4);
    assert.deepEqual(
      stage.watchedWrites().filter(({ askedAt }) => askedAt > stoppedAt),
      [],
    );
    gate.mend();
    await eventually('it has its half again', async () => (await heldBy('c')) === keys / 2);
    await eventually('it is ready', async () => (await replicas.get('c')?.readiness()) === 200);
  });

  it('work for one that is paused, which knows when it wakes that its time is over', async () => {
    const paused = replicas.get('c')?.process;
    // Nobody's number would be that of our own group.
    assert.ok(paused !== undefined && paused.pid > 1);
    const losses = () => paused.output().match(/claims are lost/g)?.length ?? 0;
    const before = losses();
    process.kill(paused.pid, 'SIGSTOP');
    try {
      await stage.publish(5);
      await stage.untilSelected(5);
    } finally {
      process.kill(paused.pid, 'SIGCONT');
    }
    await eventually('it knows', async () => losses() > before);
    await eventually('it has its half again', async () => (await heldBy('c')) === keys / 2);
  });

  it('give back at once what they held when they are stopped', async () => {
    stage.countLists();
    await replicas.get('c')?.process.stop('SIGTERM');
    assert.match(replicas.get('c')?.process.output() ?? '', /"msg":"stopped"/);
    await eventually('the other holds all', async () => (await heldBy('a')) === keys);
    assert.equal(stage.countLists().size, 0);
  });

  it('scan before they elect where the ledger is empty and statuses are not', async () => {
    await replicas.get('a')?.process.stop('SIGTERM');
    const empty = await stage.postgres.createDatabase();
    await Promise.all([start('d', empty), start('e', empty)]);
    await stage.publish(6);
    await stage.untilSelected(6);
  });

  it('never let a selection go back, and never scanned one list two at a time', () => {
    stage.assertNoStepBack();
    assert.equal(stage.listsAtOnce(), 1);
  });
});
