import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Write } from './audit-log.ts';
import { replicaUsers } from './ground.ts';
import { other, type Stage } from './stage.ts';
import { isOurs, type Variation } from './variation.ts';

/** How long the answer about a tag's digest is away: between choosing the tag and writing it. */
const lateMs = 4000;

/** On a busy machine the second tag may be selected later than the first one's answer comes: then once more. */
const racesMax = 4;

/** Asked for by name between choosing a tag and writing it: that is where a leader can be overtaken. */
const digests = { digestReflectionPolicy: 'IfNotPresent' };

export const leaderVariations: readonly Variation[] = [
  {
    name: 'two replicas that lead at once, for the Lease was stolen',
    hasMutant: true,
    stage: {
      policySpec: digests,
      replicas: {
        // Learns of a theft only when it renews.
        a: {
          flags: [
            '--leader-election-lease-duration=180s',
            '--leader-election-renew-deadline=170s',
            '--leader-election-retry-period=60s',
          ],
        },
      },
    },
    play: playStolen,
  },
  {
    name: 'a leader that is stopped between choosing and writing, and goes on as another leads',
    hasMutant: false,
    stage: { policySpec: digests },
    play: playStopped,
  },
];

async function playStolen(stage: Stage): Promise<void> {
  await stage.makeLead('a');
  const before = stage.ground.writes(stage.namespace).length;
  await stealLease(stage);
  await stage.untilLeads('b');
  assert.deepEqual(await believesToLead(stage), { a: true, b: true });
  const statusWrites = () =>
    stage.ground
      .writes(stage.namespace)
      .slice(before)
      .filter((write) => write.isStatus);
  for (let races = 0; races < racesMax; races += 1) {
    await Promise.all(stage.apps.map((app) => raceFor(stage, app)));
    // Until the late answers have come, and what was made of them.
    await pause(lateMs);
    const written = statusWrites();
    if (!isOurs(stage.program) || written.some((write) => isOvertaken(write, written))) break;
  }
  assert.deepEqual(await believesToLead(stage), { a: true, b: true }, 'both lead to the end');
  const writes = statusWrites();
  for (const user of Object.values(replicaUsers)) {
    assert(
      writes.some((write) => write.user === user && write.status === 200),
      `${user} wrote while both led`,
    );
  }
  if (isOurs(stage.program)) {
    assert(
      writes.some((write) => isOvertaken(write, writes)),
      `a choice came too late and was refused: ${JSON.stringify(writes.filter(({ tag }) => tag !== undefined))}`,
    );
  }
  // It would go on believing until it renews.
  await stage.stopReplica('a', 'SIGKILL');
  await stage.start('a');
}

/** Two tags one after the other, and the choice of the first is held up until the second is selected. */
async function raceFor(stage: Stage, app: string): Promise<void> {
  const { registry } = stage;
  const late = stage.publish(app);
  registry.faults.add({
    match: { endpoint: 'manifest', repository: stage.path(app), target: late },
    times: 1,
    fault: { kind: 'delay', delayMs: lateMs },
  });
  await stage.requestScan(app);
  await stage.untilSelected(app, late);
  const newest = stage.publish(app);
  await stage.requestScan(app);
  await stage.untilSelected(app, newest);
}

/** A tag that was refused after a newer one had been written. */
function isOvertaken(write: Write, writes: readonly Write[]): boolean {
  const { tag, name, status, askedAt } = write;
  return (
    status === 409 &&
    tag !== undefined &&
    writes.some(
      (one) => one.name === name && one.status === 200 && (one.tag ?? '') > tag && one.answeredAt < askedAt,
    )
  );
}

/** Somebody with the right to do so takes the Lease from its holder, who is not told. */
async function stealLease({ ground, namespace }: Stage): Promise<void> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const { items } = await ground.ask<{ readonly items: readonly { readonly metadata: { name: string } }[] }>(
    'GET',
    path,
  );
  await ground.ask('PATCH', `${path}/${items[0]?.metadata.name}`, {
    spec: { holderIdentity: '', leaseDurationSeconds: 1 },
  });
}

/** What the replicas' own metrics say. */
async function believesToLead(stage: Stage): Promise<Readonly<Record<'a' | 'b', boolean>>> {
  const ask = async (name: 'a' | 'b') => {
    const text = await (await fetch(stage.replica(name).metricsUrl)).text();
    return /^leader_election_master_status\{[^}]*\} 1$/m.test(text);
  };
  return { a: await ask('a'), b: await ask('b') };
}

async function playStopped(stage: Stage): Promise<void> {
  const leader = await stage.leader();
  const { pid } = stage.replica(leader);
  const said = stage.replica(leader).log().length;
  const late = stage.apps.map((app) => [app, stage.publish(app)] as const);
  for (const [app, tag] of late) {
    const match = { endpoint: 'manifest', repository: stage.path(app), target: tag } as const;
    stage.registry.faults.add({ match, times: 1, fault: { kind: 'delay', delayMs: 300 } });
    await stage.requestScan(app);
  }
  const [[first, tag] = ['', '']] = late;
  const path = `/${stage.path(first)}/manifests/${tag}`;
  await stage.until('it has chosen', () => stage.registry.requests.count({ path }) > 0);
  process.kill(pid, 'SIGSTOP');
  try {
    await stage.untilLeads(other(leader));
    await stage.catchUp();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  await stage.until('the first one sees that it was overtaken', () =>
    stage
      .replica(leader)
      .log()
      .slice(said)
      .some(({ msg }) => msg === 'no longer leading'),
  );
  assert.equal(stage.replica(leader).pid, pid);
}
