import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedClock } from '../../clock.ts';
import { makeHostLimiter } from './host-limiter.ts';
import type { HttpRequest, HttpResponse } from './http.ts';

/** A `Send` whose answers come when they are let go, and a limiter before it. */
function gate(requestsMax: number) {
  const clock = fixedClock(0);
  const waits: number[] = [];
  const limiter = makeHostLimiter(requestsMax, clock, async (ms) => {
    waits.push(ms);
    clock.advance(ms);
  });
  const open: { host: string; answer: () => void; fail: (error: Error) => void }[] = [];
  const send = limiter.wrap(
    (request) =>
      new Promise<HttpResponse>((resolve, reject) => {
        const response = { status: 200, headers: {}, url: request.url, addressRank: 0 } as const;
        const body = { discard: () => undefined, async *[Symbol.asyncIterator]() {} };
        open.push({ host: request.url.host, answer: () => resolve({ ...response, body }), fail: reject });
      }),
  );
  const ask = (host: string, signal?: AbortSignal): Promise<HttpResponse> => {
    const request: HttpRequest = {
      method: 'GET',
      url: new URL(`https://${host}/`),
      tls: {},
      about: host,
      signal,
    };
    return send(request);
  };
  return { ask, limiter, open, waits };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a host limiter', () => {
  it('lets through only so many requests to one host, and the next when one is done', async () => {
    const { ask, open } = gate(2);
    const asked = [ask('a'), ask('a'), ask('a'), ask('b')];
    await settle();
    assert.deepEqual(
      open.map(({ host }) => host),
      ['a', 'a', 'b'],
    );
    open[0]?.answer();
    await asked[0];
    await settle();
    assert.equal(open.length, 4);
    for (const { answer } of open) answer();
    await Promise.all(asked);
  });

  it('gives a place back where a request fails', async () => {
    const { ask, open } = gate(1);
    const first = ask('a');
    const second = ask('a');
    await settle();
    open[0]?.fail(new Error('broken'));
    await assert.rejects(first, /broken/);
    await settle();
    open[1]?.answer();
    assert.equal((await second).status, 200);
  });

  it('lets a request that waits be cancelled, and the others go on', async () => {
    const { ask, open } = gate(1);
    const controller = new AbortController();
    const first = ask('a');
    const second = ask('a', controller.signal);
    const third = ask('a');
    await settle();
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(second, reason);
    open[0]?.answer();
    await first;
    await settle();
    open[1]?.answer();
    assert.equal((await third).status, 200);
    assert.equal(open.length, 2);
  });

  it('holds back every request to a host that is paused, and to no other', async () => {
    const { ask, limiter, open, waits } = gate(5);
    limiter.pause('a', 9000);
    limiter.pause('a', 4000);
    const asked = [ask('b'), ask('a')];
    await settle();
    assert.deepEqual(waits, [9000]);
    for (const { answer } of open) answer();
    await Promise.all(asked);
  });
});
