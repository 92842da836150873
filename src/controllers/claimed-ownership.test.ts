import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClaimsWorld, makeClaimsWorld, type SharingReplica, times } from '../../test/claims-world.ts';
import { seededRandom } from '../../test/simulation/random.ts';

const keys = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Turns enough for replicas to hear of each other and to settle. */
const settleMs = 4 * times.retryPeriodMs;

describe('replicas that share by claims', () => {
  it('own everything alone', async () => {
    const world = makeClaimsWorld(keys);
    const one = world.start('one');
    assert.equal(one.ownership.notReady() === undefined, false);
    await world.timing.advance(0);
    assert.deepEqual([...one.working], keys);
    assert.deepEqual(one.share, { held: 6, share: 6, replicas: 1 });
    assert.equal(one.ownership.notReady(), undefined);
    await end(world, one);
  });

  it('give half to another that joins, and not before their work on it has ended', async () => {
    const world = makeClaimsWorld(keys);
    const one = world.start('one');
    await world.timing.advance(0);
    one.isBusy = true;
    const two = world.start('two');
    await world.timing.advance(settleMs);
    assert.deepEqual([one.held().length, two.held().length], [6, 0]);
    assert.equal(keys.filter((key) => one.ownership.mayBegin(key)).length, 3);
    one.isBusy = false;
    one.finish();
    await world.timing.advance(settleMs);
    assert.deepEqual([one.working.size, two.working.size], [3, 3]);
    await end(world, one, two);
  });

  it('take over what a dead one held, when it may not act any more', async () => {
    const world = makeClaimsWorld(keys);
    const one = world.start('one');
    await world.timing.advance(0);
    const two = world.start('two');
    await world.timing.advance(settleMs);
    one.isCutOff = true;
    await world.timing.advance(times.renewDeadlineMs + times.retryPeriodMs);
    assert.deepEqual([one.working.size, one.held().length], [0, 0]);
    assert.deepEqual(one.share, { held: 0, share: 0, replicas: 0 });
    assert.match(one.ownership.notReady() ?? '', /does not answer/);
    await world.timing.advance(times.leaseDurationMs - times.renewDeadlineMs + times.retryPeriodMs);
    assert.deepEqual([...two.working].toSorted(), keys);
    one.isCutOff = false;
    await world.timing.advance(2 * settleMs);
    assert.deepEqual([one.working.size, two.working.size], [3, 3]);
    await end(world, one, two);
  });

  it('take what a stopped one held at once, and not where it is to run out', async () => {
    for (const [isReleasedAtEnd, expected] of [
      [true, 6],
      [false, 3],
    ] as const) {
      const world = makeClaimsWorld(keys);
      const one = world.start('one', { isReleasedAtEnd });
      await world.timing.advance(0);
      const two = world.start('two');
      await world.timing.advance(settleMs);
      await end(world, one);
      assert.equal(one.held().length, 0);
      await world.timing.advance(2 * times.retryPeriodMs);
      assert.equal(two.working.size, expected);
      await world.timing.advance(times.leaseDurationMs);
      assert.equal(two.working.size, 6);
      await end(world, two);
    }
  });

  it('take a new key as soon as they hear of it, and give back one that nobody wants', async () => {
    const world = makeClaimsWorld(keys);
    const one = world.start('one');
    await world.timing.advance(1000);
    world.keys.add('new');
    one.ownership.want('new');
    await world.timing.advance(200);
    assert.ok(one.working.has('new'));
    world.keys.delete('new');
    await world.timing.advance(2 * times.retryPeriodMs);
    assert.equal(one.share?.held, 6);
    await end(world, one);
  });

  it('name the stretch of holding to the ledger, one that cannot be where nothing is held', async () => {
    const world = makeClaimsWorld(keys);
    const one = world.start('one');
    await world.timing.advance(0);
    const fence = one.ownership.fenceOf('a');
    assert.deepEqual(fence, { scope: 'one', replica: 'one', key: 'a', epoch: 1 });
    assert.equal(one.ownership.fenceOf('unknown')?.epoch, 0);
    await end(world, one);
  });

  it('never act for one key at the same time, whoever is cut off, starts or stops', async () => {
    for (let seed = 1; seed <= 20; seed += 1) await playSharing(seed);
  });
});

async function playSharing(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const world = makeClaimsWorld(keys, () => random.below(1000) / 1000);
  let replicas: SharingReplica[] = [world.start('r0'), world.start('r1')];
  for (let step = 0; step < 60; step += 1) {
    const replica = replicas[random.below(replicas.length)];
    const chance = random.below(10);
    if (replica !== undefined && chance < 3) replica.isCutOff = !replica.isCutOff;
    else if (replica !== undefined && chance === 3) {
      replica.isCutOff = false;
      replicas = replicas.filter((one) => one !== replica);
      await end(world, replica);
    } else if (chance === 4 && replicas.length < 4) replicas.push(world.start(`s${step}`));
    for (let part = 0; part < 4; part += 1) {
      await world.timing.advance(random.below(6000));
      for (const key of keys) {
        const holders = replicas.filter((one) => one.ownership.holds(key));
        assert.ok(holders.length <= 1, `seed ${seed}, step ${step}: ${key} is held by ${holders.length}`);
      }
    }
  }
  for (const replica of replicas) replica.isCutOff = false;
  if (replicas.length === 0) replicas.push(world.start('last'));
  await world.timing.advance(3 * times.leaseDurationMs);
  const held = replicas.flatMap((one) => [...one.working]);
  assert.deepEqual(held.toSorted(), keys, `seed ${seed}: what is worked on at the end`);
  const counts = replicas.map(({ working }) => working.size);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `seed ${seed}: shares are ${counts.join(', ')}`);
  await end(world, ...replicas);
}

/** Stops them; time goes by meanwhile. */
async function end({ timing }: ClaimsWorld, ...replicas: readonly SharingReplica[]): Promise<void> {
  const stopped = replicas.map((replica) => replica.stop());
  await timing.advance(times.retryPeriodMs * 4);
  await Promise.all(stopped);
}
