import assert from 'node:assert/strict';
import { request } from 'node:https';
import { before, describe, it } from 'node:test';
import { type CertificateKind, makeAuthority, type TestAuthority } from '../../test/certificates.ts';
import { startRegistryServer } from './registry-server.ts';

describe('TLS', () => {
  let authority: TestAuthority;
  before(async () => {
    authority = await makeAuthority();
  });

  const cases: { kind: CertificateKind; expected: string }[] = [
    { kind: 'good', expected: '200' },
    { kind: 'expired', expected: 'CERT_HAS_EXPIRED' },
    { kind: 'not-yet-valid', expected: 'CERT_NOT_YET_VALID' },
    { kind: 'wrong-name', expected: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { kind: 'self-signed', expected: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  ];
  for (const { kind, expected } of cases) {
    it(`shows a ${kind} certificate`, async () => {
      const server = await startRegistryServer({ tls: await authority.serverTls(kind) });
      try {
        assert.match(server.url, /^https:/);
        assert.equal(await ping(server.url, { ca: authority.ca }), expected);
      } finally {
        await server.close();
      }
    });
  }

  it('answers plain HTTP on the TLS port with the sentence of Go servers', async () => {
    const server = await startRegistryServer({ tls: await authority.serverTls() });
    try {
      const response = await fetch(`http://${server.host}/v2/`);
      assert.equal(response.status, 400);
      assert.match(await response.text(), /Client sent an HTTP request to an HTTPS server/);
    } finally {
      await server.close();
    }
  });

  it('asks for a client certificate where it is told to', async () => {
    const tls = { ...(await authority.serverTls()), clientCa: authority.ca };
    const server = await startRegistryServer({ tls });
    try {
      const { certificate, key } = await authority.clientCertificate('node');
      assert.equal(await ping(server.url, { ca: authority.ca, cert: certificate, key }), '200');
      assert.notEqual(await ping(server.url, { ca: authority.ca }), '200');
    } finally {
      await server.close();
    }
  });
});

describe('a port that is taken', () => {
  it('is an error that says so', async () => {
    const first = await startRegistryServer();
    try {
      const port = Number(first.host.split(':')[1]);
      await assert.rejects(startRegistryServer({ port }), { code: 'LISTEN_FAILED' });
    } finally {
      await first.close();
    }
  });
});

/** The status of a ping, or the code of the error that came instead. */
function ping(url: string, tls: { ca: string; cert?: string; key?: string }): Promise<string> {
  return new Promise((resolve) => {
    request(`${url}/v2/`, { ...tls, agent: false }, (answer) => {
      answer.resume();
      resolve(String(answer.statusCode));
    })
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .end();
  });
}
