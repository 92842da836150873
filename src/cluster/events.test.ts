import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { events as eventKind, namespace } from '../../test/cluster/contract-objects.ts';
import type { FakeApiOptions } from '../../test/cluster/fake-options.ts';
import { refuse } from '../../test/cluster/fake-refusal.ts';
import { openFake } from '../../test/cluster/open-fake.ts';
import { manualTiming } from '../../test/manual-timing.ts';
import { fixedClock } from '../clock.ts';
import { type Log, silentLog } from '../log.ts';
import { makeClusterEvents } from './cluster-events.ts';
import type { EventRecorder, ObjectEvent } from './event-recorder.ts';
import { objectAt, textAt } from './foreign-value.ts';
import { makeNotificationEvents } from './notification-events.ts';
import { makeOutbox } from './outbox.ts';

const now = Date.UTC(2026, 10, 21, 12);

const event: ObjectEvent = {
  object: {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    namespace,
    name: 'app',
    uid: 'uid-1',
    resourceVersion: '42',
    annotations: {
      'event.toolkit.fluxcd.io/cluster': 'production',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    },
  },
  type: 'Normal',
  reason: 'Succeeded',
  message: 'Latest image tag for app resolved to 1.0',
};

const names = { component: 'image-reflector-controller', instance: 'replica-1' };

async function openEvents(context: TestContext, intercept?: FakeApiOptions['intercept']) {
  const { client } = await openFake(context, {
    objects: { events: [], namespaces: [{ metadata: { name: namespace } }] },
    ...(intercept && { intercept }),
  });
  const clock = fixedClock(now);
  const timing = manualTiming();
  const dropped: ObjectEvent[] = [];
  const recorder = makeClusterEvents({
    client,
    ...names,
    onDropped: (one) => dropped.push(one),
    clock,
    timing,
    log: silentLog,
  });
  const written = async () => {
    const all: Record<string, unknown>[] = [];
    await client.list(eventKind, {}, (object) => all.push(object));
    return all;
  };
  return { client, clock, timing, dropped, recorder, written };
}

describe('events in the cluster', () => {
  it('are as kubectl describe shows them', async (context) => {
    const { recorder, written } = await openEvents(context);
    recorder.record(event);
    await recorder.close();
    const [only] = await written();
    assert.match(textAt(objectAt(only ?? {}, 'metadata'), 'name') ?? '', /^app\.1[0-9a-f]{15}$/);
    assert.partialDeepStrictEqual(only, {
      metadata: { annotations: { 'event.toolkit.fluxcd.io/cluster': 'production' } },
      involvedObject: {
        apiVersion: 'image.toolkit.fluxcd.io/v1',
        kind: 'ImagePolicy',
        namespace,
        name: 'app',
        uid: 'uid-1',
        resourceVersion: '42',
      },
      type: 'Normal',
      reason: 'Succeeded',
      message: 'Latest image tag for app resolved to 1.0',
      count: 1,
      firstTimestamp: '2026-11-21T12:00:00Z',
      lastTimestamp: '2026-11-21T12:00:00Z',
      source: { component: 'image-reflector-controller' },
      reportingComponent: 'image-reflector-controller',
      reportingInstance: 'replica-1',
    });
  });

  it('count what is said again, write what is said anew, and what was said long ago', async (context) => {
    const { clock, recorder, written } = await openEvents(context);
    const settled = async (count: number, last: number) => {
      // Each waits for the one before, so that it is written and not merged with it.
      for (;;) {
        const all = await written();
        if (all.length === count && all.some((one) => one['count'] === last)) return;
      }
    };
    recorder.record(event);
    await settled(1, 1);
    clock.advance(60_000);
    recorder.record(event);
    await settled(1, 2);
    recorder.record({ ...event, message: 'another' });
    await settled(2, 1);
    clock.advance(600_000);
    recorder.record(event);
    await settled(3, 1);
    await recorder.close();
  });

  it('write anew what somebody removed', async (context) => {
    const { client, recorder, written } = await openEvents(context);
    recorder.record(event);
    let all = await written();
    while (all.length === 0) all = await written();
    const name = textAt(objectAt(all[0] ?? {}, 'metadata'), 'name') ?? '';
    await client.remove(eventKind, { namespace, name });
    recorder.record(event);
    await recorder.close();
    assert.deepEqual(
      (await written()).map((one) => one['count']),
      [1],
    );
  });

  it('mute an object that talks without end, and no other', async (context) => {
    const { clock, recorder, written, dropped } = await openEvents(context);
    for (let at = 0; at < 100; at += 1) recorder.record({ ...event, message: `message ${at}` });
    recorder.record({ ...event, object: { ...event.object, name: 'other', uid: 'uid-2' } });
    assert.equal(dropped.length, 75);
    clock.advance(300_000);
    recorder.record({ ...event, message: 'one more' });
    assert.equal(dropped.length, 75);
    await recorder.close();
    assert.equal((await written()).length, 27);
  });

  it('are tried again where the server is away, and given up where it forbids them', async (context) => {
    let refusals = 0;
    const { timing, recorder, written, dropped } = await openEvents(context, (_url, response, nth) => {
      if (nth > 2) return false;
      refusals += 1;
      if (nth === 1) refuse(response, 503, 'ServiceUnavailable', 'starting');
      else refuse(response, 403, 'Forbidden', 'not yours');
      return true;
    });
    recorder.record(event);
    while (dropped.length === 0) await timing.advance(1000);
    recorder.record({ ...event, message: 'later' });
    await recorder.close();
    assert.equal(refusals, 2);
    assert.deepEqual([dropped.length, (await written()).length], [1, 1]);
  });

  it('cost nobody a wait, nor much memory, where nobody takes them', async () => {
    const dropped: number[] = [];
    const timing = manualTiming();
    const outbox = makeOutbox<number>({
      itemsMax: 3,
      timing,
      send: (_item, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve());
        }),
      onDropped: (item) => dropped.push(item),
    });
    for (let item = 0; item < 6; item += 1) outbox.put(item);
    assert.deepEqual(dropped, [1, 2]);
    const closed = outbox.close(5000);
    outbox.put(6);
    await timing.advance(5000);
    await closed;
    assert.deepEqual(dropped, [1, 2, 6, 3, 4, 5]);
  });
});

type Post = { readonly path: string; readonly body: unknown };

async function openNotifications(
  context: TestContext,
  answer: (nth: number, response: ServerResponse) => void,
) {
  const posts: Post[] = [];
  const logins: (string | undefined)[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    logins.push(request.headers.authorization);
    void json(request).then((body) => {
      posts.push({ path: `${request.method} ${request.url}`, body });
      answer(posts.length, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const dropped: ObjectEvent[] = [];
  const lines: string[] = [];
  const log: Log = {
    write: (level, message) => void (level !== 'debug' && lines.push(`${level}: ${message}`)),
  };
  const timing = manualTiming();
  const { port } = server.address() as AddressInfo;
  const recorder: EventRecorder = makeNotificationEvents({
    address: new URL(`http://jane:hunter2@127.0.0.1:${port}/`),
    ...names,
    onDropped: (one) => dropped.push(one),
    clock: fixedClock(now),
    timing,
    log,
  });
  return { posts, dropped, timing, recorder, logins, lines, shown: `http://127.0.0.1:${port}/` };
}

function status(code: number): (nth: number, response: ServerResponse) => void {
  return (_nth, response) => response.writeHead(code).end();
}

describe('events for the notification controller', () => {
  it('are said to fail at the first, once, and to go on again', async (context) => {
    const answer = (nth: number, response: ServerResponse) =>
      response.writeHead([400, 404, 202, 202, 400][nth - 1] ?? 500).end();
    const { recorder, logins, lines, shown } = await openNotifications(context, answer);
    for (let events = 0; events < 5; events += 1) recorder.record(event);
    await recorder.close();
    assert.deepEqual(lines, [
      `warn: cannot notify ${shown}: status 400`,
      `info: ${shown} takes notifications again`,
      `warn: cannot notify ${shown}: status 400`,
    ]);
    // jane:hunter2
    assert.deepEqual([...new Set(logins)], ['Basic amFuZTpodW50ZXIy']);
  });

  it('are posted in its format', async (context) => {
    const { posts, recorder } = await openNotifications(context, status(202));
    recorder.record(event);
    recorder.record({ ...event, object: { ...event.object, annotations: {} }, type: 'Warning' });
    await recorder.close();
    const involvedObject = {
      kind: 'ImagePolicy',
      namespace,
      name: 'app',
      uid: 'uid-1',
      apiVersion: 'image.toolkit.fluxcd.io/v1',
      resourceVersion: '42',
    };
    const rest = {
      timestamp: '2026-11-21T12:00:00Z',
      message: 'Latest image tag for app resolved to 1.0',
      reason: 'Succeeded',
      reportingController: 'image-reflector-controller',
      reportingInstance: 'replica-1',
    };
    assert.deepEqual(posts, [
      {
        path: 'POST /',
        body: {
          involvedObject,
          severity: 'info',
          metadata: { 'event.toolkit.fluxcd.io/cluster': 'production' },
          ...rest,
        },
      },
      { path: 'POST /', body: { involvedObject, severity: 'error', ...rest } },
    ]);
  });

  const cases: readonly {
    name: string;
    given: (nth: number, response: ServerResponse) => void;
    posts: number;
    dropped: number;
  }[] = [
    { name: 'are not sent again where it knows them already', given: status(429), posts: 1, dropped: 0 },
    { name: 'are given up where it refuses them', given: status(400), posts: 1, dropped: 1 },
    {
      name: 'are not sent elsewhere by a redirect',
      given: (_nth, response) => response.writeHead(307, { location: 'http://192.0.2.1/' }).end(),
      posts: 1,
      dropped: 1,
    },
    { name: 'are sent five times in all where it fails', given: status(500), posts: 5, dropped: 1 },
    {
      name: 'are sent again where the connection breaks',
      given: (nth, response) => (nth < 3 ? response.destroy() : response.writeHead(202).end()),
      posts: 3,
      dropped: 0,
    },
    {
      name: 'are sent again where it does not answer in time',
      given(nth, response) {
        if (nth > 1) response.writeHead(202).end();
      },
      posts: 2,
      dropped: 0,
    },
  ];
  for (const { name, given, posts: expected, dropped: lost } of cases) {
    it(name, { timeout: 20_000 }, async (context) => {
      const { posts, dropped, timing, recorder } = await openNotifications(context, given);
      recorder.record(event);
      let isClosed = false;
      // Time goes by only where something is waited for, so that no answer is late by chance.
      while (posts.length < expected) {
        const before = posts.length;
        await timing.advance(0);
        if (posts.length === before && timing.nextInMs() !== undefined) await timing.advance(100);
      }
      const closed = recorder.close().then(() => {
        isClosed = true;
      });
      while (!isClosed) await timing.advance(0);
      await closed;
      assert.deepEqual([posts.length, dropped.length], [expected, lost]);
    });
  }
});
