import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseImageConfig } from '../oci/image-config.ts';
import { parseManifest, platformManifests } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { formatPlatform, parsePlatform } from '../oci/platform.ts';
import { digestOf } from '../reference/digest.ts';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

const platforms = ['linux/amd64', 'linux/arm/v7', 'windows/amd64:10.0.20348.2227'].map(parsePlatform);

describe('seeded images', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer();
  });
  after(() => server.close());

  const read = async (path: string) => {
    const response = await fetch(`${server.url}/v2/team/app/${path}`);
    assert.equal(response.status, 200, path);
    const bytes = Buffer.from(await response.arrayBuffer());
    return { bytes, mediaType: response.headers.get('content-type') ?? '' };
  };

  it('have the same digests on every machine', () => {
    const { digest, children } = server.pushImage({ repository: 'team/app', tag: 'same', platforms });
    assert.equal(digest, 'sha256:4e823165827ed78f52147852a6bb329c1336500b600f6cef84738e884bacb3e8');
    assert.equal(
      children[0]?.digest,
      'sha256:f3ca2aff3d174a0ffe1c07426c1b504ef3bfd4319fb332098e7455df3d57035e',
    );
  });

  it('differ by seed and agree by content', () => {
    const push = (seed: string, files: Record<string, string>) =>
      server.pushImage({ repository: 'team/app', seed, files }).digest;
    assert.equal(push('a', { 'etc/x': '1' }), push('a', { 'etc/x': '1' }));
    assert.notEqual(push('a', { 'etc/x': '1' }), push('b', { 'etc/x': '1' }));
    assert.notEqual(push('a', { 'etc/x': '1' }), push('a', { 'etc/x': '2' }));
  });

  for (const format of ['oci', 'docker'] as const) {
    it(`are whole: index, manifests, configs and layers, as ${format}`, async () => {
      const labels = { 'org.opencontainers.image.version': '1.2.3' };
      const files = { 'bin/run': '#!/bin/sh\nexec sleep 1\n' };
      const pushed = server.pushImage({
        repository: 'team/app',
        tag: format,
        platforms,
        format,
        labels,
        files,
      });
      const { bytes, mediaType } = await read(`manifests/${format}`);
      const index = parseManifest(bytes, mediaType);
      assert(index.kind === 'index');
      const expected = format === 'oci' ? mediaTypes.ociIndex : mediaTypes.dockerManifestList;
      assert.equal(pushed.mediaType, expected);
      assert.deepEqual(
        index.manifests.map((child) => child.platform),
        platforms,
      );
      for (const [at, child] of pushed.children.entries()) {
        assert.equal(child.digest, index.manifests[at]?.digest);
        const served = await read(`manifests/${child.digest}`);
        const manifest = parseManifest(served.bytes, served.mediaType);
        assert(manifest.kind === 'manifest');
        assert.equal(manifest.config.digest, child.configDigest);
        const config = parseImageConfig((await read(`blobs/${manifest.config.digest}`)).bytes);
        assert.equal(config.platform && formatPlatform(config.platform), formatPlatform(child.platform));
        assert.equal(config.labels['org.opencontainers.image.version'], '1.2.3');
        const layer = (await read(`blobs/${child.layerDigests[1]}`)).bytes;
        assert.equal(digestOf(layer), manifest.layers[1]?.digest);
        assert.match(gunzipSync(layer).toString(), /^bin\/run\0[\s\S]*exec sleep 1\n/);
      }
    });
  }

  it('carry attestations beside the platforms', async () => {
    const pushed = server.pushImage({ repository: 'team/app', tag: 'attested', attestations: true });
    const { bytes, mediaType } = await read('manifests/attested');
    const index = parseManifest(bytes, mediaType);
    assert(index.kind === 'index');
    assert.equal(index.manifests.length, 2);
    assert.deepEqual(
      platformManifests(index).map((child) => child.digest),
      [pushed.children[0]?.digest],
    );
    await read(`manifests/${index.manifests[1]?.digest}`);
  });

  it('have layers as large as they are asked for', async () => {
    const pushed = server.pushImage({ repository: 'team/app', tag: 'large', layerBytes: 300_000 });
    const layer = await read(`blobs/${pushed.children[0]?.layerDigests[0]}`);
    assert.ok(gunzipSync(layer.bytes).length >= 300_000);
  });

  it('refuse a repository that is none', () => {
    assert.throws(() => server.pushImage({ repository: 'Team', tag: '1' }), { code: 'SEED_INVALID' });
  });
});
