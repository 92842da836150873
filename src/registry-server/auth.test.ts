import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedClock } from '../clock.ts';
import type { AuthOptions, BearerOptions } from './auth.ts';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

const users = [
  { username: 'ann', password: 'secret:with colon' },
  { username: 'bob', password: 'b', pull: ['team/*'], push: [] },
];
const bearer: BearerOptions = { kind: 'bearer', users, anonymousPull: ['public/*'] };
const scope = 'repository:team/app:pull';

describe('Basic authentication', () => {
  const cases = [
    { name: 'challenges who brings nothing', login: undefined, path: 'team/app', method: 'GET', status: 401 },
    { name: 'challenges a wrong password', login: 'ann:wrong', path: 'team/app', method: 'GET', status: 401 },
    {
      name: 'lets a user pull',
      login: 'ann:secret:with colon',
      path: 'team/app',
      method: 'GET',
      status: 200,
    },
    {
      name: 'lets anybody pull what is public',
      login: undefined,
      path: 'public/app',
      method: 'GET',
      status: 200,
    },
    {
      name: 'lets nobody push what is public',
      login: undefined,
      path: 'public/app',
      method: 'DELETE',
      status: 401,
    },
    {
      name: 'denies a user what is not theirs',
      login: 'bob:b',
      path: 'private/app',
      method: 'GET',
      status: 403,
    },
    {
      name: 'denies a user who may only pull',
      login: 'bob:b',
      path: 'team/app',
      method: 'DELETE',
      status: 403,
    },
  ];
  for (const { name, login, path, method, status } of cases) {
    it(name, async () => {
      const options: AuthOptions = { kind: 'basic', users, anonymousPull: ['public/*'] };
      await withServer(options, async (server) => {
        const headers = login === undefined ? {} : { authorization: basic(login) };
        const response = await fetch(`${server.url}/v2/${path}/manifests/1`, { method, headers });
        assert.equal(response.status, status);
        const challenge = response.headers.get('www-authenticate');
        assert.equal(challenge, status === 401 ? 'Basic realm="Registry"' : null);
      });
    });
  }

  it('challenges a ping, and lets it pass with credentials', async () => {
    await withServer({ kind: 'basic', users }, async (server) => {
      assert.equal((await fetch(`${server.url}/v2/`)).status, 401);
      const headers = { authorization: basic('bob:b') };
      assert.equal((await fetch(`${server.url}/v2/`, { headers })).status, 200);
    });
  });
});

describe('Bearer authentication', () => {
  it('tells where to fetch a token and for what', async () => {
    await withServer(bearer, async (server) => {
      const expected = `Bearer realm="${server.url}/token",service="registry"`;
      assert.equal(await challengeOf(server, ''), expected);
      const pull = await challengeOf(server, 'team/app/tags/list');
      assert.equal(pull, `${expected},scope="repository:team/app:pull"`);
      const push = await challengeOf(server, 'team/app/blobs/uploads/', 'POST');
      assert.equal(push, `${expected},scope="repository:team/app:pull,push"`);
    });
  });

  it('lets a token pass where it is for this and for nothing else', async () => {
    await withServer(bearer, async (server) => {
      const { token = '' } = await fetchToken(server, { scope }, 'bob:b');
      assert.equal(await statusWith(server, token, 'team/app/manifests/1'), 200);
      assert.equal(await statusWith(server, token, 'private/app/manifests/1'), 401);
      assert.equal(await statusWith(server, token, 'team/app/manifests/1', 'DELETE'), 401);
      assert.equal(await statusWith(server, 'made up', 'team/app/manifests/1'), 401);
    });
  });

  it('gives tokens without credentials for what is public', async () => {
    await withServer(bearer, async (server) => {
      const { token = '' } = await fetchToken(server, { scope: 'repository:public/app:pull,push' });
      assert.equal(await statusWith(server, token, 'public/app/manifests/1'), 200);
      assert.equal(await statusWith(server, token, 'public/app/manifests/1', 'DELETE'), 401);
    });
  });

  it('grants of several scopes what the user may', async () => {
    await withServer(bearer, async (server) => {
      const wanted = 'repository:team/app:pull,push repository:private/app:pull repository:host:5000/x:pull';
      const { scope: granted } = await fetchToken(server, { scope: wanted }, 'bob:b');
      assert.equal(granted, 'repository:team/app:pull');
    });
  });

  it('lets a token wear out', async () => {
    const clock = fixedClock(Date.UTC(2026, 0, 1));
    await withServer(
      { ...bearer, expiresInSeconds: 90 },
      async (server) => {
        const answer = await fetchToken(server, { scope }, 'bob:b');
        assert.deepEqual([answer.expires_in, answer.issued_at], [90, '2026-01-01T00:00:00Z']);
        clock.advance(89_999);
        assert.equal(await statusWith(server, answer.token ?? '', 'team/app/manifests/1'), 200);
        clock.advance(1);
        assert.equal(await statusWith(server, answer.token ?? '', 'team/app/manifests/1'), 401);
      },
      clock,
    );
  });

  it('forgets every token where it is told to', async () => {
    await withServer(bearer, async (server) => {
      const { token = '' } = await fetchToken(server, { scope }, 'bob:b');
      server.authorizer.revokeTokens();
      assert.equal(await statusWith(server, token, 'team/app/manifests/1'), 401);
    });
  });

  it('gives a refresh token where asked, and takes it by POST', async () => {
    await withServer(bearer, async (server) => {
      const first = await fetchToken(server, { scope, offline_token: 'true' }, 'bob:b');
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: first.refresh_token ?? '',
        service: 'registry',
        client_id: 'test',
        scope,
      });
      const second = (await (
        await fetch(`${server.url}/token`, { method: 'POST', body })
      ).json()) as TokenAnswer;
      assert.equal(await statusWith(server, second.access_token ?? '', 'team/app/manifests/1'), 200);
      body.set('refresh_token', 'made up');
      assert.equal((await fetch(`${server.url}/token`, { method: 'POST', body })).status, 401);
    });
  });

  const refused = [
    { name: 'another service', query: { service: 'other', scope }, login: 'bob:b', options: {}, status: 400 },
    { name: 'a wrong password', query: { scope }, login: 'bob:wrong', options: {}, status: 401 },
    {
      name: 'a scope that is none',
      query: { scope: 'everything' },
      login: 'bob:b',
      options: {},
      status: 400,
    },
    {
      name: 'what grants nothing, where it is told to',
      query: { scope: 'repository:private/app:pull' },
      login: undefined,
      options: { refusesTokens: true },
      status: 403,
    },
  ];
  for (const { name, query, login, options, status } of refused) {
    it(`gives no token for ${name}`, async () => {
      await withServer({ ...bearer, ...options }, async (server) => {
        assert.equal((await askToken(server, query, login)).status, status);
      });
    });
  }

  it('writes the answer as it is told to', async () => {
    const options = { ...bearer, tokenKey: 'access_token', tellsExpiry: false } as const;
    await withServer(options, async (server) => {
      const answer = await fetchToken(server, { scope }, 'bob:b');
      assert.deepEqual(Object.keys(answer).sort(), ['access_token', 'scope']);
    });
  });

  it('mounts only from where the token may pull', async () => {
    await withServer(bearer, async (server) => {
      const digest = server.putBlob('private/app', Buffer.from('private'));
      const wanted = 'repository:team/app:pull,push repository:private/app:pull';
      const path = `team/app/blobs/uploads/?mount=${digest}&from=private/app`;
      const both = await fetchToken(server, { scope: wanted }, 'ann:secret:with colon');
      const one = await fetchToken(
        server,
        { scope: 'repository:team/app:pull,push' },
        'ann:secret:with colon',
      );
      assert.equal(await statusWith(server, one.token ?? '', path, 'POST'), 202);
      assert.equal(await statusWith(server, both.token ?? '', path, 'POST'), 201);
    });
  });
});

type TokenAnswer = {
  token?: string;
  access_token?: string;
  refresh_token?: string;
  expires_in?: number;
  issued_at?: string;
  scope?: string;
};

async function withServer(
  auth: AuthOptions,
  use: (server: RegistryServer) => Promise<void>,
  clock = fixedClock(0),
): Promise<void> {
  const server = await startRegistryServer({ auth, clock });
  try {
    for (const repository of ['team/app', 'public/app', 'private/app']) {
      server.pushImage({ repository, tag: '1' });
    }
    await use(server);
  } finally {
    await server.close();
  }
}

function askToken(server: RegistryServer, query: Record<string, string>, login?: string): Promise<Response> {
  const asked = new URLSearchParams({ service: 'registry', ...query });
  const headers = login === undefined ? {} : { authorization: basic(login) };
  return fetch(`${server.url}/token?${asked.toString()}`, { headers });
}

async function fetchToken(
  server: RegistryServer,
  query: Record<string, string>,
  login?: string,
): Promise<TokenAnswer> {
  const response = await askToken(server, query, login);
  assert.equal(response.status, 200);
  return (await response.json()) as TokenAnswer;
}

async function statusWith(
  server: RegistryServer,
  token: string,
  path: string,
  method = 'GET',
): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${server.url}/v2/${path}`, { method, headers })).status;
}

async function challengeOf(server: RegistryServer, path: string, method = 'GET'): Promise<string | null> {
  return (await fetch(`${server.url}/v2/${path}`, { method })).headers.get('www-authenticate');
}

function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString('base64')}`;
}
