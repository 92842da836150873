import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mediaTypes } from '../oci/media-type.ts';
import { digestOf, parseDigest } from '../reference/digest.ts';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

describe('manifests', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer();
  });
  after(() => server.close());

  const ask = (path: string, init: RequestInit = {}) => fetch(`${server.url}/v2/${path}`, init);
  const put = (path: string, body: string, contentType: string = mediaTypes.ociManifest) =>
    ask(path, { method: 'PUT', body, headers: { 'content-type': contentType } });
  const codeOf = async (response: Response) => {
    const { errors } = (await response.json()) as { errors: { code: string }[] };
    return [response.status, errors[0]?.code];
  };

  it('serves by tag and by digest the bytes that the digest names', async () => {
    const { digest, size } = server.pushImage({ repository: 'team/app', tag: '1.0' });
    for (const target of ['1.0', digest]) {
      const response = await ask(`team/app/manifests/${target}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.equal(response.headers.get('docker-content-digest'), digest);
      assert.equal(response.headers.get('content-type'), mediaTypes.ociManifest);
      assert.equal(digestOf(bytes), digest);
      assert.equal(bytes.length, size);
    }
  });

  it('tells by HEAD what GET would send, and sends no body', async () => {
    const { digest, size } = server.pushImage({ repository: 'team/app', tag: 'head' });
    const response = await ask('team/app/manifests/head', { method: 'HEAD' });
    assert.equal(response.headers.get('content-length'), String(size));
    assert.equal(response.headers.get('docker-content-digest'), digest);
    assert.equal(await response.text(), '');
  });

  it('takes what was pulled under a new tag, by tag and by digest, also sha512', async () => {
    server.pushImage({ repository: 'team/copy', tag: '1' });
    const text = await (await ask('team/copy/manifests/1')).text();
    const sha512 = digestOf(Buffer.from(text), 'sha512');
    for (const target of ['2', digestOf(Buffer.from(text)), sha512]) {
      const answer = await put(`team/copy/manifests/${target}`, text);
      assert.equal(answer.status, 201);
      assert.equal(await (await ask(`team/copy/manifests/${target}`)).text(), text);
    }
    const stored = await ask(`team/copy/manifests/${sha512}`, { method: 'HEAD' });
    assert.equal(stored.headers.get('docker-content-digest'), sha512);
  });

  const blob = { mediaType: mediaTypes.ociConfig, digest: digestOf(Buffer.from('absent')), size: 6 };
  const withConfig = JSON.stringify({ schemaVersion: 2, config: blob, layers: [] });
  const withChild = JSON.stringify({ schemaVersion: 2, manifests: [blob] });
  const refused = [
    { name: 'a manifest whose config is absent', body: withConfig, expected: [404, 'MANIFEST_BLOB_UNKNOWN'] },
    {
      name: 'an index whose child is absent',
      body: withChild,
      contentType: mediaTypes.ociIndex,
      expected: [404, 'MANIFEST_BLOB_UNKNOWN'],
    },
    { name: 'what is no JSON', body: 'not JSON', expected: [400, 'MANIFEST_INVALID'] },
    {
      name: 'a media type that the Content-Type contradicts',
      body: JSON.stringify({ mediaType: mediaTypes.dockerManifest, config: blob, layers: [] }),
      expected: [400, 'MANIFEST_INVALID'],
    },
    { name: 'schema 1', body: '{"schemaVersion":1}', expected: [400, 'MANIFEST_INVALID'] },
    {
      name: 'a digest that is not of these bytes',
      target: digestOf(Buffer.from('other')),
      body: withConfig,
      expected: [400, 'DIGEST_INVALID'],
    },
    {
      name: 'what is neither tag nor digest',
      target: '.hidden',
      body: '{}',
      expected: [400, 'MANIFEST_INVALID'],
    },
    {
      name: 'more than four mebibytes',
      body: ' '.repeat(4 * 1024 ** 2 + 1),
      expected: [413, 'SIZE_INVALID'],
    },
  ];
  for (const { name, body, contentType, target = 'x', expected } of refused) {
    it(`refuses ${name}`, async () => {
      assert.deepEqual(
        await codeOf(await put(`team/refused/manifests/${target}`, body, contentType)),
        expected,
      );
    });
  }

  it('takes a manifest with a subject that is not there, and says that it knows subjects', async () => {
    const subject = parseDigest(`sha256:${'a'.repeat(64)}`);
    server.pushReferrer('team/referring', subject, { artifactType: 'application/vnd.example.sbom' });
    const index = await (await ask(`team/referring/referrers/${subject}`)).json();
    const [first] = (index as { manifests: { digest: string; artifactType: string }[] }).manifests;
    const text = await (await ask(`team/referring/manifests/${first?.digest}`)).text();
    const answer = await put('team/referring/manifests/again', text);
    assert.equal(answer.headers.get('oci-subject'), subject);
    assert.equal(first?.artifactType, 'application/vnd.example.sbom');
  });

  const absent = [
    { name: 'a repository that is not there', path: 'nobody/manifests/1', expected: [404, 'NAME_UNKNOWN'] },
    { name: 'a tag that is not there', path: 'team/app/manifests/9', expected: [404, 'MANIFEST_UNKNOWN'] },
    { name: 'a name that is none', path: 'Team/App/manifests/1', expected: [400, 'NAME_INVALID'] },
  ];
  for (const { name, path, expected } of absent) {
    it(`says so of ${name}`, async () => assert.deepEqual(await codeOf(await ask(path)), expected));
  }

  it('deletes a tag and leaves the manifest; deletes a manifest with all its tags', async () => {
    const { digest } = server.pushImage({ repository: 'team/deleted', tag: '1', alsoTags: ['2', '3'] });
    assert.equal((await ask('team/deleted/manifests/1', { method: 'DELETE' })).status, 202);
    assert.equal((await ask('team/deleted/manifests/1')).status, 404);
    assert.equal((await ask('team/deleted/manifests/2')).status, 200);
    assert.equal((await ask(`team/deleted/manifests/${digest}`, { method: 'DELETE' })).status, 202);
    assert.equal((await ask('team/deleted/manifests/2')).status, 404);
    assert.deepEqual(await (await ask('team/deleted/tags/list')).json(), { name: 'team/deleted', tags: [] });
  });

  it('moves a tag', async () => {
    const before = server.pushImage({ repository: 'team/moved', tag: '1', seed: 'before' });
    const now = server.pushImage({ repository: 'team/moved', tag: '1', seed: 'now' });
    const response = await ask('team/moved/manifests/1', { method: 'HEAD' });
    assert.equal(response.headers.get('docker-content-digest'), now.digest);
    assert.notEqual(before.digest, now.digest);
    assert.equal((await ask(`team/moved/manifests/${before.digest}`)).status, 200);
  });

  it('serves a million tags that were seeded, one of them moved and one deleted', async () => {
    const { digest } = server.seedTags(
      'team/many',
      1_000_000,
      (number) => `v${String(number).padStart(7, '0')}`,
    );
    const moved = server.pushImage({ repository: 'team/many', tag: 'v0500000' });
    server.deleteManifest('team/many', 'v0500001');
    const digestAt = async (tag: string) =>
      (await ask(`team/many/manifests/${tag}`, { method: 'HEAD' })).headers.get('docker-content-digest');
    assert.equal(await digestAt('v0000000'), digest);
    assert.equal(await digestAt('v0999999'), digest);
    assert.equal(await digestAt('v0500000'), moved.digest);
    assert.equal(await digestAt('v0500001'), null);
    assert.equal(await digestAt('v1000000'), null);
    server.deleteManifest('team/many', digest);
    const left = await (await ask('team/many/tags/list')).json();
    assert.deepEqual(left, { name: 'team/many', tags: ['v0500000'] });
  });
});
