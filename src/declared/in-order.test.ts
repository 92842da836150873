import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inOrder } from './in-order.ts';

type Task = () => Promise<string>;

async function collect(values: AsyncIterable<string>): Promise<string[]> {
  const collected: string[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

async function* each(tasks: readonly Task[]): AsyncGenerator<Task> {
  yield* tasks;
}

describe('inOrder', () => {
  it('gives values in the order of their tasks, also where a later one is done first', async () => {
    const slow = Promise.withResolvers<string>();
    const tasks: Task[] = [
      () => slow.promise,
      async () => {
        slow.resolve('slow');
        return 'quick';
      },
    ];
    assert.deepEqual(await collect(inOrder(each(tasks), 2)), ['slow', 'quick']);
  });

  it('starts no more than it may', async () => {
    let running = 0;
    let most = 0;
    const task: Task = async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return '';
    };
    await collect(inOrder(each(Array.from({ length: 20 }, () => task)), 3));
    assert.ok(most <= 3, `${most} at once`);
  });

  it('fails in turn, after the values before, and hears of later failures', async () => {
    const given: string[] = [];
    const fail =
      (message: string): Task =>
      () =>
        Promise.reject(new Error(message));
    await assert.rejects(async () => {
      for await (const value of inOrder(each([async () => 'a', fail('first'), fail('second')]), 3)) {
        given.push(value);
      }
    }, /first/);
    assert.deepEqual(given, ['a']);
  });

  it('awaits what it started when nobody wants more', async () => {
    let isDone = false;
    const late: Task = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isDone = true;
      return 'late';
    };
    for await (const _ of inOrder(each([async () => 'first', late]), 2)) break;
    assert.ok(isDone);
  });
});
