import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LeaseWorld, makeLeaseWorld, type Replica, startReplica } from '../../test/lease-world.ts';

const second = 1000;

async function leaderOf(world: LeaseWorld, replicas: readonly Replica[]): Promise<string | undefined> {
  await world.timing.advance(0);
  return replicas.find((replica) => replica.isLeader())?.identity;
}

describe('an election', () => {
  it('makes the first who comes the leader, and keeps it so', async () => {
    const world = makeLeaseWorld();
    const replicas = ['a', 'b'].map((name) => startReplica(world, name));
    assert.equal(await leaderOf(world, replicas), 'a');
    await world.timing.advance(600 * second);
    assert.equal(await leaderOf(world, replicas), 'a');
    assert.equal(replicas[0]?.terms, 1);
  });

  it('hands over at once where the leader is told to stop, after its work has ended', async () => {
    const world = makeLeaseWorld();
    const [a, b] = [startReplica(world, 'a', { stopMs: 8 * second }), startReplica(world, 'b')];
    await world.timing.advance(60 * second);
    a.stop();
    await world.timing.advance(7 * second);
    assert.equal(a.isLeader(), true, 'it leads while its work ends');
    await world.timing.advance(second);
    await a.ended;
    assert.equal(world.holder(), undefined);
    await world.timing.advance(6 * second);
    assert.equal(b.isLeader(), true);
  });

  it('leaves the lease to run out where it is not to be given back', async () => {
    const world = makeLeaseWorld();
    const [a, b] = [startReplica(world, 'a', { isReleasedAtEnd: false }), startReplica(world, 'b')];
    await world.timing.advance(60 * second);
    a.stop();
    await world.timing.advance(0);
    await a.ended;
    assert.equal(world.holder(), 'a');
    await world.timing.advance(25 * second);
    assert.equal(b.isLeader(), false);
    await world.timing.advance(20 * second);
    assert.equal(b.isLeader(), true);
  });

  it('follows a leader that died, once its lease has run out', async () => {
    const world = makeLeaseWorld();
    const [a, b] = [startReplica(world, 'a'), startReplica(world, 'b')];
    await world.timing.advance(60 * second);
    a.pause();
    await world.timing.advance(29 * second);
    assert.equal(b.isLeader(), false);
    await world.timing.advance(13 * second);
    assert.equal(b.isLeader(), true);
  });

  it('stops a leader that was away too long, before it does anything more', async () => {
    const world = makeLeaseWorld();
    const a = startReplica(world, 'a');
    await world.timing.advance(second);
    a.pause();
    await world.timing.advance(30 * second);
    // Nothing has told it yet: it knows by its clock.
    assert.equal(a.isLeader(), false);
    assert.equal(a.lost, 0);
    a.resume();
    await world.timing.advance(0);
    assert.equal(a.lost, 1);
    await world.timing.advance(12 * second);
    assert.equal(a.isLeader(), true, 'nobody else wanted it');
    assert.equal(a.terms, 2);
  });

  it('stops where the API server is silent, on time, although its question hangs', async () => {
    const world = makeLeaseWorld();
    const a = startReplica(world, 'a');
    await world.timing.advance(second);
    world.network.silent = true;
    await world.timing.advance(28 * second);
    assert.deepEqual([a.isLeader(), a.lost], [true, 0]);
    await world.timing.advance(2 * second);
    assert.deepEqual([a.isLeader(), a.lost], [false, 1]);
  });

  it('goes on where the server came back in time', async () => {
    const world = makeLeaseWorld();
    const a = startReplica(world, 'a');
    await world.timing.advance(second);
    world.network.silent = true;
    await world.timing.advance(15 * second);
    world.network.silent = false;
    await world.timing.advance(120 * second);
    assert.deepEqual([a.isLeader(), a.terms], [true, 1]);
  });

  it('ends at once where somebody took the lease by force', async () => {
    const world = makeLeaseWorld();
    const a = startReplica(world, 'a');
    await world.timing.advance(second);
    world.steal('thief');
    await world.timing.advance(5 * second);
    assert.deepEqual([a.isLeader(), a.lost], [false, 1]);
    await world.timing.advance(47 * second);
    assert.equal(a.isLeader(), true, 'the thief never renewed it');
  });

  it('stays where somebody only wrote a label on the lease, or removed it', async () => {
    const world = makeLeaseWorld();
    const a = startReplica(world, 'a');
    await world.timing.advance(second);
    world.touch();
    await world.timing.advance(60 * second);
    world.remove();
    await world.timing.advance(60 * second);
    assert.deepEqual([a.isLeader(), a.terms, world.holder()], [true, 1, 'a']);
  });

  it('does not care for what the clocks of others say', async () => {
    const world = makeLeaseWorld();
    const [a, b] = [
      startReplica(world, 'a', { clockSkewMs: -86_400_000 }),
      startReplica(world, 'b', { clockSkewMs: 86_400_000 }),
    ];
    await world.timing.advance(600 * second);
    assert.deepEqual([a.terms, b.terms], [1, 0]);
  });

  it('ends with what the work throws, once the lease is given back', async () => {
    const world = makeLeaseWorld();
    const a = startReplica(world, 'a', { failure: new Error('broken') });
    const rejected = assert.rejects(a.ended, /broken/);
    await world.timing.advance(second);
    await rejected;
    assert.equal(world.holder(), undefined);
  });
});

describe('elections in a bad world', () => {
  it('never have two leaders, and have one again when the world is well', async () => {
    for (let seed = 1; seed <= 40; seed += 1) await liveThrough(seed);
  });
});

/** Ten minutes of pauses, silence, lost answers and slow ones, thieves and deaths. */
async function liveThrough(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const world = makeLeaseWorld(random);
  const replicas = ['a', 'b', 'c'].map((name) => startReplica(world, name));
  const check = (): void => {
    const leaders = replicas.filter((replica) => replica.isLeader()).map(({ identity }) => identity);
    assert.ok(leaders.length <= 1, `seed ${seed}: ${leaders.join(' and ')} lead at once`);
  };
  world.onTerm = check;
  for (let atMs = 0; atMs < 600_000; atMs += 1000) {
    disturb(world, replicas, random);
    await world.timing.advance(1000);
    check();
  }
  Object.assign(world.network, { silent: false, lossPart: 0, latencyMsMax: 50 });
  for (const replica of replicas) replica.resume();
  await world.timing.advance(60_000);
  check();
  assert.equal(replicas.filter((replica) => replica.isLeader()).length, 1, `seed ${seed}: nobody leads`);
}

function disturb({ network }: LeaseWorld, replicas: readonly Replica[], random: () => number): void {
  const replica = replicas[Math.floor(random() * replicas.length)];
  const what = random();
  if (what < 0.02) replica?.pause();
  else if (what < 0.06) replica?.resume();
  else if (what < 0.08) network.silent = true;
  else if (what < 0.14) network.silent = false;
  else if (what < 0.2) network.lossPart = random() * 0.6;
  else if (what < 0.25) network.latencyMsMax = random() * 9000;
}

/** Source: mulberry32, so that a seed gives the same world everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
