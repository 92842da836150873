import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { manualTiming } from '../../test/manual-timing.ts';
import { type FinishedRun, makeWorkQueue, type RunOutcome, type WorkQueueOptions } from './work-queue.ts';

const done: RunOutcome = { kind: 'done' };
const failed: RunOutcome = { kind: 'failed', error: new Error('no') };
const retry = { minMs: 1000, maxMs: 60_000 };

/** A queue whose runs end when the test says how. */
function openQueue(options: Partial<WorkQueueOptions> = {}) {
  const timing = manualTiming();
  const begun: string[] = [];
  const open = new Map<string, (outcome: RunOutcome) => void>();
  const finished: FinishedRun[] = [];
  const queue = makeWorkQueue({
    concurrency: 2,
    retry,
    timing,
    run(key) {
      assert.ok(!open.has(key), `${key} runs twice at once`);
      begun.push(key);
      return new Promise((resolve) => open.set(key, resolve));
    },
    onRun: (run) => finished.push(run),
    ...options,
  });
  const end = async (key: string, outcome: RunOutcome = done) => {
    const resolve = open.get(key);
    assert.ok(resolve !== undefined, `${key} does not run`);
    open.delete(key);
    resolve(outcome);
    await timing.advance(0);
  };
  return { queue, timing, begun, finished, open, end };
}

describe('a work queue', () => {
  it('runs a key once, however often it was added before', async () => {
    const { queue, begun, end } = openQueue({ concurrency: 1 });
    for (const key of ['a', 'b', 'b', 'b']) queue.add(key);
    assert.deepEqual([queue.running, queue.depth], [1, 1]);
    await end('a');
    await end('b');
    assert.deepEqual(begun, ['a', 'b']);
    assert.deepEqual([queue.running, queue.depth], [0, 0]);
  });

  it('runs a key once more that was added while it ran, and never beside itself', async () => {
    const { queue, begun, end } = openQueue();
    queue.add('a');
    queue.add('a');
    queue.add('a');
    assert.deepEqual(begun, ['a']);
    await end('a');
    assert.deepEqual(begun, ['a', 'a']);
    await end('a');
    assert.equal(begun.length, 2);
  });

  it('runs so many at once, in the order they came', async () => {
    const { queue, begun, end } = openQueue();
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    assert.deepEqual(begun, ['a', 'b']);
    await end('b');
    assert.deepEqual(begun, ['a', 'b', 'c']);
  });

  it('waits after a failure within the bounds that it gives', async () => {
    for (const { waitMs, expected } of [
      { waitMs: { min: 30_000, max: 40_000 }, expected: 30_000 },
      { waitMs: { min: 0, max: 500 }, expected: 500 },
    ]) {
      const { queue, timing, begun, end } = openQueue();
      queue.add('a');
      await end('a', { ...failed, waitMs });
      await timing.advance(expected - 1);
      assert.deepEqual(begun, ['a']);
      await timing.advance(1);
      assert.deepEqual(begun, ['a', 'a']);
    }
  });

  it('keeps the earlier of two times, and drops both for one that is now', async () => {
    const { queue, timing, begun, end } = openQueue();
    queue.addAfter('a', 5000);
    queue.addAfter('a', 9000);
    queue.addAfter('b', 5000);
    queue.addAfter('b', 2000);
    queue.add('c');
    queue.addAfter('d', 3000);
    queue.add('d');
    await timing.advance(0);
    assert.deepEqual(begun, ['c', 'd']);
    await end('c');
    await end('d');
    await timing.advance(2000);
    assert.deepEqual(begun, ['c', 'd', 'b']);
    await end('b');
    await timing.advance(60_000);
    assert.deepEqual(begun, ['c', 'd', 'b', 'a']);
  });

  it('waits longer after each failure, up to a limit, and forgets them after a success', async () => {
    const { queue, timing, end } = openQueue();
    const waits: (number | undefined)[] = [];
    queue.add('a');
    for (let failures = 1; failures <= 9; failures += 1) {
      await end('a', failed);
      waits.push(timing.nextInMs());
      await timing.advance(timing.nextInMs() ?? 0);
    }
    // Half of each, as nothing is left to chance here.
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    await end('a', { kind: 'again', afterMs: 7000 });
    assert.equal(timing.nextInMs(), 7000);
    await timing.advance(7000);
    await end('a', failed);
    assert.equal(timing.nextInMs(), 500);
  });

  it('takes a throw for a failure, and tells how long a key waited and ran', async () => {
    const finished: FinishedRun[] = [];
    const error = new Error('thrown');
    const { queue, timing } = openQueue({
      run: () => {
        throw error;
      },
      onRun: (run) => finished.push(run),
    });
    queue.add('a');
    await timing.advance(0);
    assert.deepEqual(finished, [{ key: 'a', outcome: { kind: 'failed', error }, waitedMs: 0, ranMs: 0 }]);
  });

  it('tells how long a key waited for others, and ran', async () => {
    const { queue, timing, end, finished } = openQueue({ concurrency: 1 });
    queue.add('a');
    queue.add('b');
    await timing.advance(300);
    await end('a');
    await timing.advance(40);
    await end('b');
    assert.deepEqual(
      finished.map(({ key, waitedMs, ranMs }) => [key, waitedMs, ranMs]),
      [
        ['a', 0, 300],
        ['b', 300, 40],
      ],
    );
  });

  it('forgets a key that is removed, also one that runs, and takes it again', async () => {
    const { queue, timing, begun, end } = openQueue({ concurrency: 1 });
    for (const key of ['a', 'b']) queue.add(key);
    queue.addAfter('c', 1000);
    for (const key of ['a', 'b', 'c', 'never']) queue.remove(key);
    await end('a', failed);
    await timing.advance(100_000);
    assert.deepEqual(begun, ['a']);
    queue.add('a');
    queue.remove('a');
    queue.add('a');
    assert.deepEqual(begun, ['a', 'a']);
    await end('a');
    assert.deepEqual(begun, ['a', 'a', 'a']);
  });

  it('drains: begins nothing more, and ends with what runs', async () => {
    const { queue, timing, begun, end } = openQueue({ concurrency: 1 });
    for (const key of ['a', 'b']) queue.add(key);
    queue.addAfter('c', 10);
    let isDrained = false;
    const drained = queue.drain(5000).then(() => {
      isDrained = true;
    });
    queue.add('d');
    await timing.advance(100);
    assert.equal(isDrained, false);
    await end('a', failed);
    await drained;
    await timing.advance(100_000);
    assert.deepEqual(begun, ['a']);
    await queue.drain(0);
  });

  it('aborts what runs longer than the grace it is given', async () => {
    let reason: unknown;
    const { queue, timing } = openQueue({
      run: (_key, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(done);
          });
        }),
    });
    queue.add('a');
    const drained = queue.drain(5000);
    await timing.advance(4999);
    assert.equal(reason, undefined);
    await timing.advance(1);
    await drained;
    assert.match(String(reason), /told to stop/);
  });

  it('runs whatever is added at last, never twice at once, never too many at once', async () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'after', 'remove', 'end', 'fail', 'advance'),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      ms: fc.nat(4000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { queue, timing, begun, open, end } = openQueue();
        for (const { act, key, ms } of steps) {
          if (act === 'add') queue.add(key);
          else if (act === 'after') queue.addAfter(key, ms);
          else if (act === 'remove') queue.remove(key);
          else if (act === 'advance') await timing.advance(ms);
          else if (open.has(key)) await end(key, act === 'end' ? done : failed);
          assert.ok(queue.running <= 2 && open.size <= 2);
          assert.ok(queue.depth === 0 || queue.running === 2, 'a worker idles while a key waits');
        }
        for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
        for (let round = 0; round < 12; round += 1) for (const key of open.keys()) await end(key);
        for (const key of ['a', 'b', 'c', 'd']) assert.ok(begun.includes(key));
        assert.deepEqual([queue.running, queue.depth], [0, 0]);
      }),
      { numRuns: 100 },
    );
  });
});
