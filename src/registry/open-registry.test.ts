import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { makeAuthority } from '../../test/certificates.ts';
import { repositoryAt } from '../../test/open-test-client.ts';
import { startProxy } from '../../test/proxy.ts';
import { parseTag } from '../reference/tag.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';
import { openRegistry } from './open-registry.ts';

const tag = parseTag('1.0');

describe('openRegistry', () => {
  let home: string;
  let server: RegistryServer;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-registry-'));
  });
  afterEach(() => server.close());
  after(() => rmSync(home, { recursive: true, force: true }));

  /** A client on a machine where nothing is configured, that reaches `registry.invalid` through a proxy. */
  async function resolveInsecure(host: string, upstream: string) {
    const proxy = await startProxy({ upstream });
    const client = openRegistry({
      env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url },
      homeDirectory: home,
      systemRoot: home,
      clock: { now: () => 0 },
      random: () => 0,
      insecureHosts: [host],
      limits: { backoffMs: 1 },
    });
    try {
      for (const path of ['one', 'two', 'one', 'two']) {
        assert.ok(await client.headManifest(repositoryAt(host, path), tag));
      }
      return proxy.requests.map(({ kind }) => kind);
    } finally {
      await client.close();
      await proxy.close();
    }
  }

  async function openServer(tls?: { certificate: string; key: string }) {
    server = await startRegistryServer(tls === undefined ? {} : { tls });
    for (const repository of ['one', 'two']) server.pushImage({ repository, tag });
  }

  it('asks a host called insecure by plain HTTP where it speaks no TLS, and remembers that', async () => {
    await openServer();
    assert.deepEqual(await resolveInsecure('registry.invalid:5000', server.host), [
      'connect',
      'forward',
      'forward',
      'forward',
      'forward',
    ]);
  });

  it('asks a host called insecure by TLS without verification where it speaks TLS', async () => {
    const authority = await makeAuthority();
    await openServer(await authority.serverTls('expired'));
    assert.deepEqual(
      new Set(await resolveInsecure('registry.invalid:5000', server.host)),
      new Set(['connect']),
    );
  });
});
