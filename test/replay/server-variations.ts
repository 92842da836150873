import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresServer } from '../postgres.ts';
import type { Random } from '../simulation/random.ts';
import { replicaUsers } from './ground.ts';
import { untilAsked } from './list-variations.ts';
import { other, type Stage } from './stage.ts';
import type { Variation } from './variation.ts';

/** Many at once, so that the server ends while some of them are being written. */
const appsMany = 8;
const spreadMs = 400;

/** Needs an API server that no other stage stands on. */
export const apiServerVariation: Variation = {
  name: 'an API server that ends in the middle of a write and is started again',
  hasMutant: false,
  stage: { apps: appsMany },
  play: playApiServer,
};

/** Rounds of ending the API server, until it was in the middle of a write. */
const attemptsMax = 10;

async function playApiServer(stage: Stage): Promise<void> {
  const { ground } = stage;
  for (let attempt = 1; ; attempt += 1) {
    const unanswered = ground.unansweredWrites();
    const began = ground.untilNextWrite();
    for (const app of stage.apps) {
      stage.publish(app);
      await stage.requestScan(app);
    }
    await began;
    await ground.server.restart();
    await stage.catchUp();
    stage.assertForward();
    if (ground.unansweredWrites() > unanswered) return;
    assert(attempt < attemptsMax, 'the API server never ended in the middle of a write');
  }
}

/** One ledger for both replicas, and the server of it is ended and started again under the leader. */
export function postgresVariation(postgres: PostgresServer, url: string): Variation {
  const replica = { flags: [`--ledger=${url}`] };
  return {
    name: 'PostgreSQL started again, and a leader that dies',
    hasMutant: false,
    stage: { replicas: { a: replica, b: replica } },
    play: (stage, random) => playPostgres(stage, random, { postgres, url }),
  };
}

async function playPostgres(
  stage: Stage,
  random: Random,
  { postgres, url }: { readonly postgres: PostgresServer; readonly url: string },
): Promise<void> {
  const startedAt = await postmasterStart(url);
  const publishing = stage.apps.map(async (app) => {
    await pause(random.below(spreadMs));
    stage.publish(app);
    await stage.requestScan(app);
  });
  await pause(random.below(spreadMs));
  await postgres.restart();
  await Promise.all(publishing);
  assert.notEqual(await postmasterStart(url), startedAt, 'PostgreSQL was started again');
  await stage.catchUp();
  const next = await stage.takeOver();
  await stage.start(other(next));
}

/** All replicas active, with claims in PostgreSQL: no Lease, and nobody leads. */
export function sharedVariation(url: string): Variation {
  const replica = {
    flags: ['--enable-leader-election=false', '--replicas-active=all', `--ledger=${url}`],
  };
  return {
    name: 'all replicas active, one of which dies, and lists that are cut short',
    hasMutant: false,
    stage: { apps: appsMany, isShared: true, replicas: { a: replica, b: replica } },
    play: playShared,
  };
}

async function playShared(stage: Stage, random: Random): Promise<void> {
  const { registry, ground, namespace } = stage;
  await stage.until('both replicas write', async () => {
    await stage.catchUp();
    const users = ground.writes(namespace).map(({ user }) => user);
    return Object.values(replicaUsers).every((user) => users.includes(user));
  });
  const victim = random.onceIn(2) ? 'a' : 'b';
  const publishing = stage.apps.map(async (app) => {
    await pause(random.below(spreadMs));
    stage.publish(app);
    await stage.requestScan(app);
  });
  await pause(random.below(spreadMs));
  registry.requests.clear();
  const undo = registry.faults.add({
    match: { endpoint: 'tags' },
    fault: { kind: 'truncated-tags', keep: 1 + random.below(3) },
  });
  await stage.killForMemory(victim);
  await Promise.all(publishing);
  for (const app of stage.apps) await stage.requestScan(app);
  await untilAsked(stage, ({ status }) => status === 200);
  await pause(random.below(spreadMs));
  undo();
  // The one that is left goes on alone, with what the dead one had claimed.
  const before = ground.writes(namespace).length;
  await stage.catchUp();
  const left = new Set(
    ground
      .writes(namespace)
      .slice(before)
      .map(({ user }) => user),
  );
  assert.deepEqual([...left], [replicaUsers[other(victim)]]);
  await stage.start(victim);
}

async function postmasterStart(url: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ at: string }>('select pg_postmaster_start_time()::text as at');
  await client.end();
  return rows[0]?.at ?? '';
}
