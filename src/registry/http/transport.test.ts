import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type CertificateKind, makeAuthority, type TestAuthority } from '../../../test/certificates.ts';
import { openTestClient, repositoryAt, type TestClientOptions } from '../../../test/open-test-client.ts';
import { type ProxyOptions, startProxy } from '../../../test/proxy.ts';
import { parseTag } from '../../reference/tag.ts';
import {
  type RegistryServer,
  type RegistryServerOptions,
  startRegistryServer,
} from '../../registry-server/registry-server.ts';

const tag = parseTag('1.0');

let server: RegistryServer;

async function open(options: RegistryServerOptions = {}): Promise<void> {
  server = await startRegistryServer(options);
  server.pushImage({ repository: 'app', tag });
}

async function resolve(options: TestClientOptions = {}, host: string = server.host) {
  const { client } = openTestClient(options);
  try {
    return await client.headManifest(repositoryAt(host, 'app'), tag);
  } finally {
    await client.close();
  }
}

describe('connections', () => {
  afterEach(() => server.close());

  it('are kept after HEAD', async () => {
    await open();
    const { client } = openTestClient({ limits: { requestsPerHostMax: 4 } });
    const repository = repositoryAt(server.host, 'app');
    await Promise.all(Array.from({ length: 100 }, () => client.headManifest(repository, tag)));
    // A request may end a moment before its connection is free again; a hundred it must not be.
    assert.ok(server.requests.connections <= 12, `${server.requests.connections} connections`);
    await client.close();
  });

  it('tell what is wrong where nothing listens', async () => {
    await open();
    await assert.rejects(resolve({}, '127.0.0.1:1'), {
      code: 'REGISTRY_UNREACHABLE',
      message: '127.0.0.1:1/app:1.0: 127.0.0.1:1: nothing listens there (connection refused)',
    });
  });

  it('tell what is wrong where a name has no address', async () => {
    await open();
    await assert.rejects(resolve({}, 'registry.invalid'), { code: 'DNS_FAILED' });
  });

  it('end at once when they are cancelled', async () => {
    await open();
    server.faults.add({ fault: { kind: 'stall', afterBytes: 0 } });
    const { client } = openTestClient();
    const controller = new AbortController();
    const sent = client.getManifest(repositoryAt(server.host, 'app'), tag, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(sent, reason);
    await client.close();
  });

  it('wait for an answer only so long', async () => {
    await open();
    server.faults.add({ match: { method: 'GET' }, fault: { kind: 'stall', afterBytes: 5 } });
    const { client } = openTestClient({ limits: { documentTimeoutMs: 30 } });
    await assert.rejects(client.getManifest(repositoryAt(server.host, 'app'), tag), { code: 'TIMEOUT' });
    await client.close();
  });
});

describe('TLS', () => {
  let authority: TestAuthority;
  let folder: string;
  let caFile: string;
  before(async () => {
    authority = await makeAuthority();
    folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
    caFile = join(folder, 'ca.crt');
    writeFileSync(caFile, authority.ca);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => server.close());

  const trusting: readonly { name: string; options: () => TestClientOptions }[] = [
    { name: 'trusts the CA of an endpoint', options: () => ({ tls: { ca: [authority.ca] } }) },
    { name: 'trusts SSL_CERT_FILE', options: () => ({ tls: {}, env: { SSL_CERT_FILE: caFile } }) },
    {
      name: 'trusts NODE_EXTRA_CA_CERTS',
      options: () => ({ tls: {}, env: { NODE_EXTRA_CA_CERTS: caFile } }),
    },
    { name: 'verifies nothing where the user said so', options: () => ({ tls: { skipVerify: true } }) },
  ];
  for (const { name, options } of trusting) {
    it(name, async () => {
      await open({ tls: await authority.serverTls() });
      assert.ok(await resolve(options()));
    });
  }

  const refused: readonly { kind: CertificateKind; code: string }[] = [
    { kind: 'expired', code: 'TLS_EXPIRED' },
    { kind: 'not-yet-valid', code: 'TLS_EXPIRED' },
    { kind: 'wrong-name', code: 'TLS_NAME_MISMATCH' },
    { kind: 'self-signed', code: 'TLS_UNTRUSTED' },
  ];
  for (const { kind, code } of refused) {
    it(`refuses a certificate that is ${kind}, and does not try again`, async () => {
      await open({ tls: await authority.serverTls(kind) });
      await assert.rejects(resolve({ tls: { ca: [authority.ca] } }), { name: 'RegistryError', code });
    });
  }

  it('refuses a certificate that nobody it trusts has signed', async () => {
    await open({ tls: await authority.serverTls() });
    await assert.rejects(resolve({ tls: {} }), { code: 'TLS_UNTRUSTED' });
  });

  it('shows a client certificate', async () => {
    await open({ tls: { ...(await authority.serverTls()), clientCa: authority.ca } });
    const shown = await authority.clientCertificate('holdfast');
    assert.ok(await resolve({ tls: { ca: [authority.ca], ...shown } }));
    await assert.rejects(resolve({ tls: { ca: [authority.ca] } }), { name: 'RegistryError' });
  });

  it('says that plain HTTP is spoken there', async () => {
    await open();
    await assert.rejects(resolve({ tls: {} }), { code: 'PLAIN_HTTP', hint: /--insecure 127/ });
  });

  it('says that TLS is spoken there', async () => {
    await open({ tls: await authority.serverTls() });
    await assert.rejects(resolve(), {
      code: 'NOT_A_REGISTRY',
      message: /speaks TLS, and was asked by plain HTTP/,
    });
  });

  it('warns of a file of certificates that is not there', async () => {
    await open({ tls: await authority.serverTls() });
    const { client } = openTestClient({
      tls: { ca: [authority.ca] },
      env: { SSL_CERT_FILE: join(folder, 'none') },
    });
    assert.ok(await client.headManifest(repositoryAt(server.host, 'app'), tag));
    assert.match(client.warnings()[0] ?? '', /^SSL_CERT_FILE names a file that cannot be read \(ENOENT\)/);
    await client.close();
  });

  it('goes through a proxy by a tunnel', async () => {
    await open({ tls: await authority.serverTls() });
    const proxy = await startProxy({ upstream: server.host });
    const host = `localhost.proxied.invalid:${server.host.split(':')[1]}`;
    const env = { HTTPS_PROXY: proxy.url };
    assert.ok(await resolve({ tls: { skipVerify: true }, env }, host));
    assert.deepEqual(
      proxy.requests.map(({ kind, target }) => [kind, target]),
      [['connect', host]],
    );
    await proxy.close();
  });
});

describe('a proxy', () => {
  afterEach(() => server.close());

  async function through(options: ProxyOptions, change: (url: string) => Record<string, string>) {
    await open();
    const proxy = await startProxy({ upstream: server.host, ...options });
    try {
      return {
        head: await resolve({ env: change(proxy.url) }, 'registry.invalid:5000'),
        requests: proxy.requests,
      };
    } finally {
      await proxy.close();
    }
  }

  it('is asked by absolute URI for plain HTTP', async () => {
    const { head, requests } = await through({}, (url) => ({ HTTP_PROXY: url }));
    assert.ok(head);
    assert.deepEqual(
      requests.map(({ kind, method, target }) => [kind, method, target]),
      [['forward', 'HEAD', 'http://registry.invalid:5000/v2/app/manifests/1.0']],
    );
  });

  it('is shown its credential', async () => {
    const credentials = { username: 'jane', password: 'p:w' };
    const { head } = await through({ credentials }, (url) => ({
      http_proxy: url.replace('//', '//jane:p%3Aw@'),
    }));
    assert.ok(head);
  });

  it('is named where it refuses', async () => {
    const credentials = { username: 'jane', password: 'pw' };
    await assert.rejects(
      through({ credentials }, (url) => ({ HTTP_PROXY: url })),
      { code: 'PROXY_FAILED' },
    );
  });

  it('is named where it cannot be reached', async () => {
    await assert.rejects(
      through({}, () => ({ HTTP_PROXY: 'http://127.0.0.1:1' })),
      { code: 'PROXY_FAILED', message: /through the proxy 127\.0\.0\.1:1: nothing listens there/ },
    );
  });

  it('is passed by for hosts in NO_PROXY', async () => {
    await assert.rejects(
      through({}, (url) => ({ HTTP_PROXY: url, NO_PROXY: '.invalid' })),
      { code: 'DNS_FAILED' },
    );
  });
});

describe('an inner network', () => {
  let inner: RegistryServer;
  before(async () => {
    inner = await startRegistryServer();
    inner.pushImage({ repository: 'app', tag });
  });
  after(() => inner.close());
  afterEach(() => server.close());

  /** Redirects from a host that counts as public, since only the proxy knows its address. */
  async function redirectedTo(origin: string, options: TestClientOptions = {}) {
    await open();
    server.faults.add({ fault: { kind: 'redirect-origin', origin } });
    const proxy = await startProxy({ upstream: server.host });
    try {
      return await resolve({ ...options, env: { HTTP_PROXY: proxy.url } }, 'registry.invalid:5000');
    } finally {
      await proxy.close();
    }
  }

  it('may be named by a host in it', async () => {
    await open();
    server.faults.add({ fault: { kind: 'redirect-origin', origin: inner.url } });
    assert.ok(await resolve());
  });

  it('may not be named by a public host, by address or by name', async () => {
    const port = inner.host.split(':')[1];
    inner.requests.clear();
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      const sent = redirectedTo(`http://${host}:${port}`);
      await assert.rejects(sent, { code: 'REDIRECT_REFUSED', hint: /--allow-private-redirects/ });
      await server.close();
    }
    assert.equal(inner.requests.count(), 0);
    await open();
  });

  it('may be named by a public host where the user allows it', async () => {
    assert.ok(await redirectedTo(inner.url, { allowsInnerAddresses: true }));
  });
});
