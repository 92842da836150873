import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'node:test';
import { makeAuthority, type TestAuthority } from '../../../test/certificates.ts';
import { openTestClient, repositoryAt, type TestClientOptions } from '../../../test/open-test-client.ts';
import { startSocksProxy } from '../../../test/socks-proxy.ts';
import { parseTag } from '../../reference/tag.ts';
import { type RegistryServer, startRegistryServer } from '../../registry-server/registry-server.ts';

const tag = parseTag('1.0');
const host = 'registry.invalid:5000';

describe('a SOCKS proxy', () => {
  let server: RegistryServer;
  let authority: TestAuthority;
  before(async () => {
    authority = await makeAuthority();
  });
  afterEach(() => server.close());

  async function through(
    isTls: boolean,
    credentials: { username: string; password: string } | undefined,
    change: (url: string) => string = (url) => url,
  ) {
    server = await startRegistryServer(
      isTls ? { tls: await authority.serverTls('good', ['registry.invalid']) } : {},
    );
    server.pushImage({ repository: 'app', tag });
    const proxy = await startSocksProxy({
      upstream: server.host,
      ...(credentials === undefined ? {} : { credentials }),
    });
    const options: TestClientOptions = {
      env: { [isTls ? 'HTTPS_PROXY' : 'HTTP_PROXY']: change(proxy.url) },
      ...(isTls ? { tls: { ca: [authority.ca] } } : {}),
    };
    const { client } = openTestClient(options);
    try {
      const head = await client.headManifest(repositoryAt(host, 'app'), tag);
      return { head, targets: proxy.targets };
    } finally {
      await client.close();
      await proxy.close();
    }
  }

  for (const isTls of [false, true]) {
    it(`connects ${isTls ? 'TLS' : 'plain HTTP'}, by the name of the registry`, async () => {
      const { head, targets } = await through(isTls, undefined);
      assert.ok(head);
      assert.deepEqual(targets, [host]);
    });
  }

  it('is shown a name and a password of any characters', async () => {
    const credentials = { username: 'ja ne', password: 'p:w@/' };
    const written = `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password)}`;
    const { head } = await through(false, credentials, (url) => url.replace('//', `//${written}@`));
    assert.ok(head);
  });

  it('is named where it refuses', async () => {
    const refused = through(false, { username: 'jane', password: 'right' }, (url) =>
      url.replace('//', '//jane:wrong@'),
    );
    await assert.rejects(refused, { code: 'PROXY_FAILED', message: /the proxy refused \((?!.*wrong)/ });
  });
});
