import assert from 'node:assert/strict';
import { Agent, get, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';
import { RequestLog } from './request-log.ts';

describe('the request log', () => {
  it('keeps method, path, query and status, and the kind of a credential without the secret', async () => {
    await withServer(async (server) => {
      const headers = { authorization: 'Bearer very-secret', cookie: 'session=very-secret' };
      const path = '/v2/team/app/tags/list?n=5&access_token=very-secret';
      await (await fetch(server.url + path, { headers })).text();
      const [logged] = server.requests.list();
      assert.deepEqual(
        [logged?.listener, logged?.method, logged?.path, logged?.query.get('n'), logged?.status],
        ['registry', 'GET', '/v2/team/app/tags/list', '5', 404],
      );
      assert.equal(logged?.headers.authorization, 'Bearer [redacted]');
      assert.equal(
        JSON.stringify([logged?.headers, [...(logged?.query ?? [])]]).includes('very-secret'),
        false,
      );
    });
  });

  it('counts by method, path and status, and begins anew', async () => {
    await withServer(async (server) => {
      server.pushImage({ repository: 'team/app', tag: '1' });
      const url = `${server.url}/v2/team/app/manifests`;
      for (const [method, tag] of [
        ['HEAD', '1'],
        ['GET', '1'],
        ['HEAD', '2'],
      ]) {
        await (await fetch(`${url}/${tag}`, { method: method ?? '' })).text();
      }
      assert.equal(server.requests.count({ method: 'HEAD' }), 2);
      assert.equal(server.requests.count({ path: '/manifests/1' }), 2);
      assert.equal(server.requests.count({ path: /manifests\/\d$/, status: 404 }), 1);
      server.requests.clear();
      assert.equal(server.requests.total, 0);
    });
  });

  it('counts connections', async () => {
    await withServer(async (server) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let at = 0; at < 3; at += 1) await ping(server.url, agent);
      agent.destroy();
      await ping(server.url, new Agent());
      assert.equal(server.requests.connections, 2);
      assert.deepEqual(
        server.requests.list().map((request) => request.connection),
        [1, 1, 1, 2],
      );
    });
  });

  it('tells a request that waits for its answer from one whose client has gone', async () => {
    await withServer(async (server) => {
      server.faults.add({ match: { endpoint: 'ping' }, fault: { kind: 'delay', delayMs: 60_000 } });
      const leaving = new AbortController();
      const asked = fetch(`${server.url}/v2/`, { signal: leaving.signal });
      await until(() => server.requests.list()[0]?.isOpen === true);
      leaving.abort(new Error('gone'));
      await assert.rejects(asked);
      await until(() => server.requests.list()[0]?.isOpen === false);
      assert.equal(server.requests.list()[0]?.status, undefined);
    });
  });

  it('keeps the last requests only, and the number of all', () => {
    const log = new RequestLog(10);
    for (let at = 0; at < 55; at += 1) {
      log.record('registry', new IncomingMessage(new Socket()), new URL(`http://registry.invalid/${at}`));
    }
    assert.equal(log.total, 55);
    const paths = log.list().map((request) => request.path);
    assert.ok(paths.length >= 10 && paths.length <= 20);
    assert.equal(paths.at(-1), '/54');
  });
});

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
}

async function withServer(use: (server: RegistryServer) => Promise<void>): Promise<void> {
  const server = await startRegistryServer();
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

function ping(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${url}/v2/`, { agent }, (answer) => answer.resume().once('close', resolve)).once('error', reject);
  });
}
