import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemTiming, wait, withTimeLimit } from './timing.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a time limit', () => {
  const never = new AbortController().signal;

  it('ends what takes longer, and says so', async () => {
    const late = withTimeLimit(systemTiming, { ms: 1, signal: never }, (within) =>
      wait(systemTiming, 60_000, within),
    );
    await assert.rejects(late, /no end after 1 ms/);
  });

  it('passes on that nobody wants it any more', async () => {
    const caller = AbortSignal.abort(new Error('called off'));
    const ended = withTimeLimit(systemTiming, { ms: 60_000, signal: caller }, (within) =>
      wait(systemTiming, 60_000, within),
    );
    await assert.rejects(ended, /called off/);
  });

  it('leaves nothing behind, also where its signal was made part of another', async () => {
    const kept: WeakRef<AbortSignal>[] = [];
    for (let times = 0; times < 20; times += 1) {
      await withTimeLimit(systemTiming, { ms: 60_000, signal: never }, async (within) => {
        kept.push(new WeakRef(within));
        const more = AbortSignal.any([within, new AbortController().signal]);
        await wait(systemTiming, 0, more);
      });
    }
    await wait(systemTiming, 0);
    collectGarbage();
    await wait(systemTiming, 0);
    collectGarbage();
    // What the last round left on the stack may be seen as still in use.
    assert.ok(kept.filter((one) => one.deref() !== undefined).length <= 2);
  });
});
