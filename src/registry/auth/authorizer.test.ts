import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { after, afterEach, before, describe, it } from 'node:test';
import { openTestClient, repositoryAt, type TestClient } from '../../../test/open-test-client.ts';
import { fixedClock } from '../../clock.ts';
import { parseTag } from '../../reference/tag.ts';
import type { AuthOptions } from '../../registry-server/auth.ts';
import { type RegistryServer, startRegistryServer } from '../../registry-server/registry-server.ts';
import type { Credential } from '../credential.ts';

const users = [
  { username: 'jane', password: 'hunter2-right' },
  { username: 'joe', password: 'other-right', pull: ['joe/*'] },
];
const jane: Credential = { kind: 'basic', username: 'jane', password: 'hunter2-right' };
const joe: Credential = { kind: 'basic', username: 'joe', password: 'other-right' };
const stale: Credential = { kind: 'basic', username: 'jane', password: 'hunter2-stale' };
const tag = parseTag('1.0');

describe('authorization', () => {
  let server: RegistryServer;
  let under: TestClient | undefined;
  afterEach(async () => {
    await under?.client.close();
    await server.close();
  });

  async function open(auth: AuthOptions, ...credentials: readonly Credential[]): Promise<TestClient> {
    server = await startRegistryServer({ auth });
    server.pushImage({ repository: 'app', tag });
    server.pushImage({ repository: 'other', tag });
    under = openTestClient({ credentials });
    return under;
  }

  const resolve = (client: TestClient, path = 'app') =>
    client.client.headManifest(repositoryAt(server.host, path), tag);

  const count = (path: string): number => server.requests.count({ path });

  it('shows Basic where it is asked for, and then at once', async () => {
    const client = await open({ kind: 'basic', users }, jane);
    assert.ok(await resolve(client));
    assert.equal(count('manifests'), 2);
    assert.ok(await resolve(client));
    assert.equal(count('manifests'), 3);
  });

  it('fetches a token for the repository, once', async () => {
    const client = await open({ kind: 'bearer', users }, jane);
    await Promise.all(Array.from({ length: 10 }, () => resolve(client)));
    assert.equal(count('/token'), 1);
    await resolve(client, 'other');
    assert.equal(count('/token'), 2);
    const [first] = server.requests.list({ path: '/token' });
    assert.deepEqual(first?.query.getAll('scope'), ['repository:app:pull']);
    assert.equal(server.requests.list({ path: /other\/manifests/ }).length, 1, 'the challenge is remembered');
  });

  it('fetches a token anonymously where nothing is known', async () => {
    const client = await open({ kind: 'bearer', users, anonymousPull: ['app'] });
    assert.ok(await resolve(client));
    assert.equal(server.requests.list({ path: '/token' })[0]?.headers.authorization, undefined);
  });

  for (const tokenKey of ['token', 'access_token'] as const) {
    it(`takes the token from ${tokenKey}`, async () => {
      assert.ok(await resolve(await open({ kind: 'bearer', users, tokenKey }, jane)));
    });
  }

  it('takes a token that does not say how long it lasts for a minute', async () => {
    const client = await open({ kind: 'bearer', users, tellsExpiry: false }, jane);
    await resolve(client);
    client.clock.advance(50_000);
    await resolve(client);
    assert.equal(count('/token'), 1);
    client.clock.advance(10_000);
    await resolve(client);
    assert.equal(count('/token'), 2);
  });

  it('fetches a token anew where it is refused', async () => {
    const client = await open({ kind: 'bearer', users }, jane);
    await resolve(client);
    server.authorizer.revokeTokens();
    assert.ok(await resolve(client));
    assert.equal(count('/token'), 2);
  });

  it('trades a refresh token by POST', async () => {
    const clock = fixedClock(0);
    server = await startRegistryServer({ auth: { kind: 'bearer', users }, clock });
    server.pushImage({ repository: 'app', tag });
    const user = users[0];
    assert.ok(user !== undefined);
    const token = server.authorizer.makeRefreshToken(user);
    under = openTestClient({ credentials: [{ kind: 'identity-token', token }] });
    assert.ok(await resolve(under));
    assert.equal(server.requests.list({ path: '/token' })[0]?.method, 'POST');
  });

  it('goes on without a credential that is refused where the image is public, and says so', async () => {
    const client = await open({ kind: 'bearer', users, anonymousPull: ['app'] }, stale);
    assert.ok(await resolve(client));
    assert.match(client.client.warnings()[0] ?? '', /refused the credential; trying without it$/);
  });

  it('tries one credential after the other', async () => {
    const client = await open({ kind: 'bearer', users }, stale, joe, jane);
    assert.ok(await resolve(client));
  });

  it('tries one Basic credential after the other', async () => {
    const client = await open({ kind: 'basic', users }, stale, jane);
    assert.ok(await resolve(client));
  });

  const refused: readonly { name: string; auth: AuthOptions; credentials: Credential[]; says: RegExp }[] = [
    {
      name: 'Basic without a credential',
      auth: { kind: 'basic', users },
      credentials: [],
      says: /answered 401/,
    },
    {
      name: 'a stale credential',
      auth: { kind: 'bearer', users },
      credentials: [stale],
      says: /refused the credential/,
    },
    {
      name: 'a token for nobody',
      auth: { kind: 'bearer', users, refusesTokens: true },
      credentials: [],
      says: /gives no token without a credential/,
    },
    { name: 'a token for nothing', auth: { kind: 'bearer', users }, credentials: [], says: /answered 401/ },
  ];
  for (const { name, auth, credentials, says } of refused) {
    it(`says what is wrong with ${name}, and shows no secret`, async () => {
      const client = await open(auth, ...credentials);
      await assert.rejects(resolve(client), (error: Error & { code?: string; hint?: string }) => {
        assert.equal(error.code, 'UNAUTHORIZED');
        assert.match(error.message, says);
        assert.doesNotMatch(`${error.message} ${error.hint} ${String(error.cause)}`, /hunter2/);
        return true;
      });
      assert.ok(server.requests.total < 8, `${server.requests.total} requests`);
    });
  }

  it('asks the keychain for the repository, not only for its host', async () => {
    const client = await open({ kind: 'basic', users }, jane);
    await resolve(client);
    assert.deepEqual(client.asked, [repositoryAt(server.host, 'app')]);
  });
});

describe('a token server', () => {
  let registry: RegistryServer;
  let thief: { host: string; received: IncomingHttpHeaders[]; server: Server };
  before(async () => {
    const received: IncomingHttpHeaders[] = [];
    const thiefServer = createServer((request, response) => {
      received.push(request.headers);
      response.setHeader('content-type', 'application/json');
      response.end('{"token":"stolen"}');
    });
    await new Promise<void>((resolve) => thiefServer.listen(0, '127.0.0.1', resolve));
    const address = thiefServer.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    thief = { host: `127.0.0.1:${port}`, received, server: thiefServer };
  });
  after(() => {
    thief.server.close();
    thief.server.closeAllConnections();
  });
  afterEach(() => registry.close());

  async function resolveWithRealm(realm: string): Promise<void> {
    registry = await startRegistryServer({ auth: { kind: 'bearer', users, realm } });
    registry.pushImage({ repository: 'app', tag });
    const { client } = openTestClient({ credentials: [jane] });
    try {
      await client.headManifest(repositoryAt(registry.host, 'app'), tag);
    } finally {
      await client.close();
    }
  }

  it('gets nothing by plain HTTP on another host', async () => {
    const sent = resolveWithRealm('http://auth.example.com/token');
    await assert.rejects(sent, { code: 'CREDENTIAL_WITHHELD' });
  });

  it('must be one', async () => {
    await assert.rejects(resolveWithRealm('ftp://auth.example.com/token'), { code: 'CREDENTIAL_WITHHELD' });
    await registry.close();
    await assert.rejects(resolveWithRealm('nonsense'), { code: 'NOT_A_REGISTRY' });
  });

  it('is not asked by a host that we were only redirected to', async () => {
    registry = await startRegistryServer();
    const other = await startRegistryServer({ auth: { kind: 'basic', users } });
    registry.faults.add({ fault: { kind: 'redirect-origin', origin: other.url } });
    const { client } = openTestClient({ credentials: [jane] });
    const sent = client.headManifest(repositoryAt(registry.host, 'app'), tag);
    await assert.rejects(sent, { code: 'UNAUTHORIZED' });
    assert.ok(other.requests.list().every(({ headers }) => headers.authorization === undefined));
    await client.close();
    await other.close();
  });

  it('gets no credential where it redirects', async () => {
    registry = await startRegistryServer({ auth: { kind: 'bearer', users } });
    registry.pushImage({ repository: 'app', tag });
    registry.faults.add({
      match: { endpoint: 'token' },
      fault: { kind: 'redirect', url: `http://${thief.host}/x` },
    });
    const { client } = openTestClient({ credentials: [jane] });
    await assert.rejects(client.headManifest(repositoryAt(registry.host, 'app'), tag), {
      code: 'UNAUTHORIZED',
    });
    assert.ok(thief.received.length > 0);
    assert.ok(thief.received.every((headers) => headers.authorization === undefined));
    await client.close();
  });
});
