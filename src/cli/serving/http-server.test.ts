import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fixedClock } from '../../clock.ts';
import { silentLog } from '../../log.ts';
import { openMetrics } from '../../metrics/prometheus-metrics.ts';
import { ListenError, UsageError } from '../errors.ts';
import { plainText, type Route, type ServeLimits, serve } from './http-server.ts';
import { parseListenAddress } from './listen-address.ts';
import { healthRoutes, metricsRoutes } from './probe-routes.ts';

const loopback = { host: '127.0.0.1', port: 0 };

/** Short, so that a test of slowness ends soon. */
const impatient: ServeLimits = { headersMs: 100, idleMs: 200, headerBytesMax: 2048, connectionsMax: 3 };

async function open(
  context: TestContext,
  routes: Readonly<Record<string, Route>>,
  limits?: ServeLimits,
): Promise<{ host: string; port: number }> {
  const serving = await serve({
    address: loopback,
    routes,
    log: silentLog,
    ...(limits === undefined ? {} : { limits }),
  });
  context.after(() => serving.close());
  return { host: serving.host, port: Number(serving.host.split(':')[1]) };
}

/** All that comes back for these bytes, until the server closes. */
async function say(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(text);
  return readAll(socket);
}

async function readAll(socket: Socket): Promise<string> {
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  await once(socket, 'close');
  return answer;
}

const hello: Readonly<Record<string, Route>> = { '/hello': () => plainText(200, 'hello') };

describe('serving', () => {
  it('answers its paths, and no other', async (context) => {
    const { host } = await open(context, hello);
    const answer = await fetch(`http://${host}/hello?x=1`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'hello\n']);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    for (const path of ['/', '/hello/', '/constructor', '/../hello/x', '/debug/pprof']) {
      assert.equal((await fetch(`http://${host}${path}`)).status, 404, path);
    }
    assert.equal((await fetch(`http://${host}/hello`, { method: 'POST', body: 'x' })).status, 405);
    const head = await fetch(`http://${host}/hello`, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text(), head.headers.get('content-length')], [200, '', '6']);
  });

  it('keeps the connection of one who asks again', async (context) => {
    const { port } = await open(context, hello);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    context.after(() => agent.destroy());
    const reused: boolean[] = [];
    for (let at = 0; at < 3; at += 1) {
      const asked = request({ port, host: '127.0.0.1', path: '/hello', agent });
      asked.end();
      const [answer] = await once(asked, 'response');
      answer.resume();
      await once(answer, 'end');
      reused.push(asked.reusedSocket);
    }
    assert.deepEqual(reused, [false, true, true]);
  });

  it('says that a route failed, and not why', async (context) => {
    const { host } = await open(context, {
      '/fails': () => {
        throw new Error('password is hunter2');
      },
    });
    const answer = await fetch(`http://${host}/fails`);
    assert.deepEqual([answer.status, await answer.text()], [500, 'it failed: see the log\n']);
  });

  const nonsense: readonly { name: string; given: string; expected: RegExp }[] = [
    { name: 'no HTTP', given: '\u0016\u0003\u0001 hello\r\n\r\n', expected: /^HTTP\/1\.1 400 / },
    {
      name: 'a header without end',
      given: `GET /hello HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(100_000)}`,
      expected: /^(HTTP\/1\.1 400 |$)/,
    },
    {
      name: 'a body that is announced and never comes',
      given: 'POST /hello HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n',
      expected: /^HTTP\/1\.1 405 [^]*connection: close/i,
    },
    { name: 'half a request, and silence', given: 'GET /hel', expected: /^(HTTP\/1\.1 4|$)/ },
    { name: 'silence', given: '', expected: /^(HTTP\/1\.1 4|$)/ },
  ];
  for (const { name, given, expected } of nonsense) {
    it(`ends a client that sends ${name}, and answers the next`, async (context) => {
      const { host, port } = await open(context, hello, impatient);
      assert.match(await say(port, given), expected);
      assert.equal((await fetch(`http://${host}/hello`)).status, 200);
    });
  }

  it('lets go of a client that does not read what it asked for', { timeout: 30_000 }, async (context) => {
    const long = 'x'.repeat(64 * 1024 * 1024);
    const routes = { ...hello, '/long': () => plainText(200, long) };
    const { host, port } = await open(context, routes, { ...impatient, connectionsMax: 1 });
    const socket = connect(port, '127.0.0.1').pause();
    context.after(() => socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write('GET /long HTTP/1.1\r\nhost: x\r\n\r\n');
    // It has the only place, until it is let go.
    let answer: Response | undefined;
    while (answer === undefined) answer = await fetch(`http://${host}/hello`).catch(() => undefined);
    assert.equal(answer.status, 200);
  });

  it('answers the first in a crowd', async (context) => {
    const { host, port } = await open(context, hello, { ...impatient, headersMs: 60_000, idleMs: 60_000 });
    const crowd = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
    await Promise.all(crowd.map((socket) => once(socket, 'connect')));
    const late = connect(port, '127.0.0.1');
    late.on('error', () => undefined);
    await once(late, 'close');
    const gone = crowd.map((socket) => once(socket, 'close'));
    for (const socket of crowd)
      socket.end('GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n').resume();
    await Promise.all(gone);
    assert.equal((await fetch(`http://${host}/hello`)).status, 200);
  });

  it('says what is wrong with an address that it cannot have', async (context) => {
    const { port } = await open(context, hello);
    const second = serve({ address: { host: '127.0.0.1', port }, routes: hello, log: silentLog });
    await assert.rejects(second, (error) => {
      assert.ok(error instanceof ListenError);
      assert.match(error.message, /^cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
      return true;
    });
  });
});

describe('probes', () => {
  it('say what is wrong', async (context) => {
    let trouble: string | undefined = 'ImagePolicies are not listed yet';
    const { host } = await open(context, healthRoutes({ healthy: () => undefined, ready: () => trouble }));
    assert.equal((await fetch(`http://${host}/healthz`)).status, 200);
    const unready = await fetch(`http://${host}/readyz`);
    assert.deepEqual([unready.status, await unready.text()], [503, 'ImagePolicies are not listed yet\n']);
    trouble = undefined;
    assert.equal((await fetch(`http://${host}/readyz`)).status, 200);
  });

  it('scrape metrics in both formats', async (context) => {
    const metrics = await openMetrics(fixedClock(0));
    metrics.eventsDropped('notification', 2);
    const { host } = await open(context, metricsRoutes(metrics));
    const scrape = async (accept: string) => {
      const answer = await fetch(`http://${host}/metrics`, { headers: { accept } });
      return `${answer.headers.get('content-type')}\n${await answer.text()}`;
    };
    const both = await Promise.all([scrape('application/openmetrics-text'), scrape('text/plain')]);
    assert.match(
      both[0] ?? '',
      /^application\/openmetrics-text;[^]*# TYPE holdfast_events_dropped counter\n[^]*# EOF\n$/,
    );
    assert.match(both[1] ?? '', /^text\/plain;[^]*# TYPE holdfast_events_dropped_total counter\n/);
  });
});

describe('an address to listen on', () => {
  const cases: readonly { given: string; expected: ReturnType<typeof parseListenAddress> }[] = [
    { given: ':8080', expected: { host: undefined, port: 8080 } },
    { given: '127.0.0.1:0', expected: { host: '127.0.0.1', port: 0 } },
    { given: 'localhost:9440', expected: { host: 'localhost', port: 9440 } },
    { given: '[::1]:8080', expected: { host: '::1', port: 8080 } },
    { given: '0', expected: undefined },
    { given: '', expected: undefined },
  ];
  for (const { given, expected } of cases) {
    it(`is read from ${JSON.stringify(given)}`, () =>
      assert.deepEqual(parseListenAddress('--metrics-addr', given), expected));
  }
  for (const given of ['8080', ':http', ':70000', '::1:8080', 'http://x:80', ':-1']) {
    it(`is none: ${given}`, () =>
      assert.throws(() => parseListenAddress('--metrics-addr', given), UsageError));
  }
});
