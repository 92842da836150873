import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { ProxyAgent, request } from 'undici';
import { type RegistryServer, startRegistryServer } from '../src/registry-server/registry-server.ts';
import { makeAuthority } from './certificates.ts';
import { type ProxyOptions, startProxy } from './proxy.ts';

describe('the proxy of the tests', () => {
  let plain: RegistryServer;
  let secure: RegistryServer;
  let ca: string;
  before(async () => {
    const authority = await makeAuthority();
    ca = authority.ca;
    plain = await startRegistryServer();
    secure = await startRegistryServer({ tls: await authority.serverTls() });
  });
  after(() => Promise.all([plain.close(), secure.close()]));

  const credentials = { username: 'ann', password: 'secret' };
  const token = `Basic ${Buffer.from('ann:secret').toString('base64')}`;

  /** The status of a ping of `url` through a proxy, or `refused`, and what the proxy saw. */
  const pingThrough = async (url: string, options: ProxyOptions, proxyToken?: string) => {
    const proxy = await startProxy(options);
    const dispatcher = new ProxyAgent({
      uri: proxy.url,
      requestTls: { ca },
      proxyTunnel: url.startsWith('https'),
      ...(proxyToken === undefined ? {} : { token: proxyToken }),
    });
    try {
      const status = await request(`${url}/v2/`, { dispatcher }).then(
        async (answer) => {
          await answer.body.dump();
          return answer.statusCode;
        },
        () => 'refused',
      );
      const [seen] = proxy.requests;
      return { status, kind: seen?.kind, target: seen?.target };
    } finally {
      await dispatcher.destroy();
      await proxy.close();
    }
  };

  it('passes plain HTTP on', async () => {
    const expected = { status: 200, kind: 'forward', target: `${plain.url}/v2/` };
    assert.deepEqual(await pingThrough(plain.url, {}), expected);
  });

  it('opens a tunnel for TLS', async () => {
    const expected = { status: 200, kind: 'connect', target: secure.host };
    assert.deepEqual(await pingThrough(secure.url, {}), expected);
  });

  it('answers 407 to whoever brings no credentials, and lets others pass', async () => {
    assert.deepEqual(await askInAbsoluteForm(`${plain.url}/v2/`, { credentials }), [
      407,
      'Basic realm="proxy"',
    ]);
    assert.equal((await pingThrough(secure.url, { credentials })).status, 'refused');
    assert.equal((await pingThrough(plain.url, { credentials }, token)).status, 200);
    assert.equal((await pingThrough(secure.url, { credentials }, token)).status, 200);
  });

  it('sends names that nobody serves where it is told to', async () => {
    const expected = { status: 200, kind: 'forward', target: 'http://registry.invalid/v2/' };
    assert.deepEqual(await pingThrough('http://registry.invalid', { upstream: plain.host }), expected);
  });

  it('fails as it is told to', async () => {
    assert.equal((await pingThrough(plain.url, { refuseWith: 502 })).status, 502);
    assert.equal((await pingThrough(secure.url, { refuseWith: 502 })).status, 'refused');
  });
});

/** Status and challenge of a proxy's own answer, which undici keeps to itself. */
async function askInAbsoluteForm(
  url: string,
  options: ProxyOptions,
): Promise<readonly [number | undefined, string | undefined]> {
  const proxy = await startProxy(options);
  const { hostname, port } = new URL(proxy.url);
  try {
    return await new Promise((resolve, reject) => {
      get({ hostname, port, path: url, agent: false }, (answer) => {
        answer.resume();
        resolve([answer.statusCode, answer.headers['proxy-authenticate']]);
      }).once('error', reject);
    });
  } finally {
    await proxy.close();
  }
}
