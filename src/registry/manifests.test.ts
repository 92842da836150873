import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openTestClient, repositoryAt, type TestClient } from '../../test/open-test-client.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { digestOf } from '../reference/digest.ts';
import { parseTag } from '../reference/tag.ts';
import type { Fault, FaultMatch } from '../registry-server/fault.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';

const tag = parseTag('1.0');

describe('manifests', () => {
  let server: RegistryServer;
  let digest: string;
  let under: TestClient;
  before(async () => {
    server = await startRegistryServer();
    digest = server.pushImage({ repository: 'app', tag }).digest;
  });
  after(() => server.close());
  beforeEach(() => {
    server.faults.clear();
    server.requests.clear();
    under = openTestClient();
  });

  function fail(fault: Fault, match: FaultMatch = {}): void {
    server.faults.add({ match: { endpoint: 'manifest', ...match }, fault });
  }

  async function head() {
    try {
      return await under.client.headManifest(repositoryAt(server.host, 'app'), tag);
    } finally {
      await under.client.close();
    }
  }

  const answered: readonly { name: string; fault: Fault; match?: FaultMatch; methods: string }[] = [
    { name: 'asks by HEAD alone', fault: { kind: 'delay', delayMs: 0 }, methods: 'HEAD' },
    {
      name: 'asks by GET where HEAD is not served',
      fault: { kind: 'head-unsupported' },
      methods: 'HEAD GET',
    },
    {
      name: 'asks by GET where HEAD answers a 404 that is not as registries say it',
      fault: { kind: 'status', status: 404, body: '404 page not found' },
      match: { method: 'HEAD' },
      methods: 'HEAD GET',
    },
    {
      name: 'asks by GET where no digest is told',
      fault: { kind: 'omit-header', name: 'docker-content-digest' },
      methods: 'HEAD GET',
    },
    {
      name: 'asks by GET where HEAD answers with a web page',
      fault: { kind: 'html-body' },
      match: { method: 'HEAD' },
      methods: 'HEAD GET',
    },
    { name: 'accepts every type of manifest', fault: { kind: 'require-accept' }, methods: 'HEAD' },
  ];
  for (const { name, fault, match, methods } of answered) {
    it(name, async () => {
      fail(fault, match);
      assert.equal((await head())?.digest, digest);
      assert.equal(
        server.requests
          .list()
          .map(({ method }) => method)
          .join(' '),
        methods,
      );
    });
  }

  const refused: readonly { name: string; fault: Fault; code: string }[] = [
    {
      name: 'bytes that are not what the header says',
      fault: { kind: 'wrong-digest' },
      code: 'DIGEST_MISMATCH',
    },
    { name: 'bytes that were changed on the way', fault: { kind: 'corrupt-body' }, code: 'DIGEST_MISMATCH' },
    {
      name: 'a body cut in the middle',
      fault: { kind: 'cut-body', afterBytes: 20 },
      code: 'REGISTRY_UNREACHABLE',
    },
    { name: 'an empty body', fault: { kind: 'empty-body' }, code: 'NOT_A_REGISTRY' },
    { name: 'a web page', fault: { kind: 'html-body' }, code: 'NOT_A_REGISTRY' },
    { name: 'a body that never ends', fault: { kind: 'endless-body' }, code: 'TOO_LARGE' },
    { name: 'a compressed bomb', fault: { kind: 'gzip-bomb', unpackedBytes: 1e9 }, code: 'NOT_A_REGISTRY' },
    { name: 'headers without end', fault: { kind: 'huge-header', bytes: 100_000 }, code: 'NOT_A_REGISTRY' },
    { name: 'a refusal', fault: { kind: 'status', status: 403, code: 'DENIED' }, code: 'DENIED' },
    { name: 'a registry that is down', fault: { kind: 'status', status: 500 }, code: 'REGISTRY_FAILED' },
    {
      name: 'a 404 that is a web page: a wrong path, not a missing tag',
      fault: {
        kind: 'status',
        status: 404,
        body: '<html>Not found</html>',
        headers: { 'content-type': 'text/html' },
      },
      code: 'NOT_A_REGISTRY',
    },
  ];
  for (const { name, fault, code } of refused) {
    it(`refuses ${name}`, async () => {
      fail(fault);
      const fetched = under.client.getManifest(repositoryAt(server.host, 'app'), tag);
      await assert.rejects(fetched, { name: 'RegistryError', code });
      await under.client.close();
    });
  }

  it('refuses bytes that are not the digest asked for', async () => {
    fail({ kind: 'omit-header', name: 'docker-content-digest' });
    fail({ kind: 'corrupt-body' });
    const fetched = under.client.getManifest(repositoryAt(server.host, 'app'), digestOf(Buffer.from('x')));
    assert.equal(await fetched, undefined);
    const real = server.pushImage({ repository: 'app', tag: '2.0' }).digest;
    await assert.rejects(under.client.getManifest(repositoryAt(server.host, 'app'), real), {
      code: 'DIGEST_MISMATCH',
    });
    await under.client.close();
  });

  it('believes the 404 of a registry to HEAD, and asks no more', async () => {
    fail({ kind: 'status', status: 404, code: 'MANIFEST_UNKNOWN' });
    assert.equal(await head(), undefined);
    assert.deepEqual(
      server.requests.list().map(({ method }) => method),
      ['HEAD'],
    );
  });

  it('does not believe a HEAD that names another digest than was asked for', async () => {
    const real = server.pushImage({ repository: 'app', tag: '3.0' }).digest;
    fail({ kind: 'wrong-digest' }, { method: 'HEAD' });
    const found = await under.client.headManifest(repositoryAt(server.host, 'app'), real);
    assert.equal(found?.digest, real);
    assert.equal(server.requests.count({ method: 'GET' }), 1);
    await under.client.close();
  });

  it('names schema 1, whose digest is of the bytes without the signatures', async () => {
    const { payload, signed } = signedSchema1();
    const value = digestOf(payload);
    fail({ kind: 'body', body: signed, contentType: mediaTypes.dockerSchema1Signed });
    fail({ kind: 'set-header', name: 'docker-content-digest', value });
    const fetched = await under.client.getManifest(repositoryAt(server.host, 'app'), tag);
    assert.equal(fetched?.manifest.kind, 'schema1');
    assert.equal(fetched?.mediaType, mediaTypes.dockerSchema1Signed);
    assert.equal(fetched?.digest, value);
    await under.client.close();
  });

  it('says what the registry said, and for which reference', async () => {
    fail({ kind: 'status', status: 403, code: 'DENIED', message: 'subscription ended\u001b[31m' });
    await assert.rejects(head(), (error: Error) => {
      assert.ok(error.message.startsWith(`${server.host}/app:1.0: ${server.host} answered 403`));
      assert.ok(error.message.includes('subscription ended'));
      assert.ok(!error.message.includes('\u001b'));
      return true;
    });
  });

  it('collects warnings once each, and what is told of quotas', async () => {
    const value = ['299 - "this repository moves \\"soon\\""', '199 - "not for users"'];
    fail({ kind: 'set-header', name: 'warning', value });
    fail({ kind: 'quota', limit: 100, windowSeconds: 21_600 });
    await under.client.getManifest(repositoryAt(server.host, 'app'), tag);
    await head();
    assert.deepEqual(under.client.warnings(), [`${server.host}: this repository moves "soon"`]);
    const [quota] = under.client.rateLimits();
    assert.deepEqual(
      [quota?.host, quota?.limit, quota?.remaining, quota?.windowSeconds],
      [server.host, 100, 99, 21_600],
    );
  });

  describe('through mirrors', () => {
    let mirror: RegistryServer;
    before(async () => {
      mirror = await startRegistryServer();
    });
    after(() => mirror.close());

    async function resolveThrough(...mirrors: readonly string[]) {
      const { client } = openTestClient({ mirrors });
      try {
        const found = await client.headManifest(repositoryAt(server.host, 'app'), tag);
        return { digest: found?.digest, warnings: client.warnings() };
      } finally {
        await client.close();
      }
    }

    it('takes the answer of a mirror', async () => {
      const mirrored = mirror.pushImage({ repository: 'app', tag, seed: 'mirrored' }).digest;
      assert.equal((await resolveThrough(mirror.host)).digest, mirrored);
      assert.equal(server.requests.list().length, 0);
      mirror.deleteManifest('app', tag);
    });

    it('asks the registry where a mirror has nothing', async () => {
      assert.deepEqual(await resolveThrough(mirror.host), { digest, warnings: [] });
    });

    it('asks the registry where a mirror fails, and says so', async () => {
      const { digest: found, warnings } = await resolveThrough('127.0.0.1:1');
      assert.equal(found, digest);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', /^mirror passed over: .*127\.0\.0\.1:1: nothing listens there/);
    });
  });
});

/** Source: distribution, docs/spec/manifest-v2-1.md, "Signed Manifests". */
function signedSchema1(): { payload: Buffer; signed: string } {
  const mediaType = mediaTypes.dockerSchema1Signed;
  const head = `{\n   "schemaVersion": 1,\n   "mediaType": ${JSON.stringify(mediaType)},\n   "name": "app"`;
  const tail = '\n}';
  const protectedHeader = Buffer.from(
    JSON.stringify({ formatLength: head.length, formatTail: Buffer.from(tail).toString('base64url') }),
  ).toString('base64url');
  const signatures = JSON.stringify([{ signature: 'x', protected: protectedHeader }]);
  return { payload: Buffer.from(head + tail), signed: `${head},\n   "signatures": ${signatures}${tail}` };
}
