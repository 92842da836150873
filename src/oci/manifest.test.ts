import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OciError } from './errors.ts';
import { type Manifest, parseManifest, platformManifests } from './manifest.ts';
import { manifestAccept, mediaTypes } from './media-type.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const otherDigest = `sha512:${'b'.repeat(128)}`;
const config = { mediaType: mediaTypes.ociConfig, digest, size: 7 };
const layer = { mediaType: mediaTypes.ociLayerGzip, digest: otherDigest, size: 1234 };

function bytesOf(document: unknown): Uint8Array {
  return new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document));
}

function parse(document: unknown, contentType = ''): Manifest {
  return parseManifest(bytesOf(document), contentType);
}

describe('a document of a registry', () => {
  const indexDocument = { schemaVersion: 2, manifests: [] };
  const manifestDocument = { schemaVersion: 2, config, layers: [layer] };
  const kinds: readonly { name: string; document: unknown; contentType?: string; expected: string }[] = [
    ...[mediaTypes.ociIndex, mediaTypes.dockerManifestList].map((mediaType) => ({
      name: `is an index as ${mediaType}`,
      document: { ...indexDocument, mediaType },
      expected: `index ${mediaType}`,
    })),
    ...[mediaTypes.ociManifest, mediaTypes.dockerManifest].map((mediaType) => ({
      name: `is a manifest as ${mediaType}`,
      document: { ...manifestDocument, mediaType },
      expected: `manifest ${mediaType}`,
    })),
    {
      name: 'takes its media type from the registry where it has none',
      document: manifestDocument,
      contentType: `${mediaTypes.dockerManifest}; charset=utf-8`,
      expected: `manifest ${mediaTypes.dockerManifest}`,
    },
    {
      name: 'believes itself before the registry',
      document: { ...manifestDocument, mediaType: mediaTypes.ociManifest },
      contentType: mediaTypes.dockerManifest,
      expected: `manifest ${mediaTypes.ociManifest}`,
    },
    {
      name: 'is told apart by its keys where the registry says nothing of use',
      document: indexDocument,
      contentType: 'text/plain; charset=utf-8',
      expected: `index ${mediaTypes.ociIndex}`,
    },
    {
      name: 'is a manifest by its keys',
      document: manifestDocument,
      contentType: 'application/json',
      expected: `manifest ${mediaTypes.ociManifest}`,
    },
    {
      name: 'with an empty media type is told apart by its keys',
      document: { ...indexDocument, mediaType: '' },
      expected: `index ${mediaTypes.ociIndex}`,
    },
    {
      name: 'of schema 1 is named',
      document: { schemaVersion: 1, name: 'a', tag: 'b', fsLayers: [] },
      contentType: mediaTypes.dockerSchema1Signed,
      expected: `schema1 ${mediaTypes.dockerSchema1Signed}`,
    },
    {
      name: 'of schema 1 is named by its version alone',
      document: { schemaVersion: 1, fsLayers: [] },
      expected: `schema1 ${mediaTypes.dockerSchema1}`,
    },
    {
      name: 'may have null for no layers, as Go writes it',
      document: { ...manifestDocument, layers: null },
      expected: `manifest ${mediaTypes.ociManifest}`,
    },
    {
      name: 'may have null for no children',
      document: { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: null },
      expected: `index ${mediaTypes.ociIndex}`,
    },
  ];
  for (const { name, document, contentType, expected } of kinds) {
    it(name, () => {
      const manifest = parse(document, contentType);
      assert.equal(`${manifest.kind} ${manifest.mediaType}`, expected);
    });
  }

  const refused: readonly { name: string; document: unknown; message: RegExp }[] = [
    { name: 'that is empty', document: '', message: /expected a JSON manifest, got ""/ },
    { name: 'that is HTML', document: '<html>not found</html>', message: /got "<html>not found/ },
    { name: 'that was cut', document: '{"schemaVersion":2,"config":{', message: /expected a JSON manifest/ },
    { name: 'that is a list', document: [], message: /expected a JSON object as manifest/ },
    { name: 'that is null', document: 'null', message: /expected a JSON object as manifest/ },
    { name: 'without config and children', document: { schemaVersion: 2 }, message: /without config/ },
    {
      name: 'that is index and manifest at once',
      document: { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [], config, layers: [] },
      message: /an index and a manifest at once/,
    },
    {
      name: 'that is manifest and index at once',
      document: { schemaVersion: 2, mediaType: mediaTypes.ociManifest, manifests: [], config, layers: [] },
      message: /an index and a manifest at once/,
    },
    {
      name: 'whose children are an object',
      document: { mediaType: mediaTypes.ociIndex, manifests: {} },
      message: /expected a list under "manifests"/,
    },
    {
      name: 'whose child is null',
      document: { mediaType: mediaTypes.ociIndex, manifests: [null] },
      message: /no valid digest/,
    },
    {
      name: 'whose config has no digest',
      document: { config: { ...config, digest: undefined } },
      message: /no valid digest/,
    },
    {
      name: 'whose layer has a digest that is a path',
      document: { config, layers: [{ ...layer, digest: '../../etc/passwd' }] },
      message: /no valid digest/,
    },
    {
      name: 'with a size that is text',
      document: { config: { ...config, size: '7' } },
      message: /no valid size/,
    },
    {
      name: 'with a size below zero',
      document: { config: { ...config, size: -1 } },
      message: /no valid size/,
    },
    {
      name: 'with a size that is no integer',
      document: { config: { ...config, size: 0.5 } },
      message: /no valid size/,
    },
    {
      name: 'with a size that no number holds exactly',
      document: `{"config":{"mediaType":"a","digest":"${digest}","size":9007199254740993}}`,
      message: /no valid size/,
    },
    {
      name: 'with more layers than any image',
      document: { config, layers: Array.from({ length: 10_001 }, () => layer) },
      message: /at most 10000 entries under "layers", got 10001/,
    },
    { name: 'that nests without end', document: '['.repeat(2_000_000), message: /expected a JSON manifest/ },
  ];
  for (const { name, document, message } of refused) {
    it(`is refused ${name}`, () => {
      assert.throws(
        () => parse(document),
        (error) =>
          error instanceof OciError &&
          error.code === 'MANIFEST_UNREADABLE' &&
          message.test(error.message) &&
          error.message.length < 400,
      );
    });
  }

  it('that is not UTF-8 is refused', () => {
    assert.throws(() => parseManifest(new Uint8Array([0x7b, 0xff, 0x7d]), ''), OciError);
  });

  it('never throws anything but OciError, whatever it is', () => {
    const anyDocument = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ schemaVersion: 2, config, layers: value })),
      fc.jsonValue().map((value) => JSON.stringify({ schemaVersion: 2, manifests: [value] })),
      fc
        .jsonValue()
        .map((value) => JSON.stringify({ config: { ...config, platform: value, annotations: value } })),
      fc.jsonValue().map((value) => JSON.stringify({ config, subject: value })),
      fc.string(),
    );
    fc.assert(
      fc.property(anyDocument, fc.constantFrom('', ...manifestAccept, 'text/html'), (text, contentType) => {
        try {
          parse(text, contentType);
        } catch (error) {
          assert.ok(error instanceof OciError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a descriptor', () => {
  it('keeps platform, annotations, artifact type, subject and foreign addresses', () => {
    const child = {
      mediaType: mediaTypes.ociManifest,
      digest,
      size: 1,
      platform: {
        os: 'windows',
        architecture: 'amd64',
        'os.version': '10.0.20348.2227',
        'os.features': ['win32k'],
      },
      annotations: { 'org.opencontainers.image.ref.name': 'v1', count: 3 },
      artifactType: 'application/spdx+json',
      urls: ['https://foreign.example/layer', 7],
    };
    const index = parse({
      mediaType: mediaTypes.ociIndex,
      manifests: [child],
      artifactType: 'application/example',
      subject: config,
      annotations: { a: 'b' },
    });
    assert.deepEqual(index, {
      kind: 'index',
      mediaType: mediaTypes.ociIndex,
      annotations: { a: 'b' },
      artifactType: 'application/example',
      subject: config,
      manifests: [
        {
          mediaType: mediaTypes.ociManifest,
          digest,
          size: 1,
          platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2227' },
          annotations: { 'org.opencontainers.image.ref.name': 'v1' },
          artifactType: 'application/spdx+json',
          urls: ['https://foreign.example/layer'],
        },
      ],
    });
  });

  it('takes no platform without architecture, and no names from the prototype', () => {
    const manifest = parse(
      `{"config":{"mediaType":"a","digest":"${digest}","size":1,"platform":{"os":"linux"},"annotations":{"__proto__":"x"}}}`,
    );
    assert.equal(manifest.kind === 'manifest' && manifest.config.platform, undefined);
    assert.equal(Object.getPrototypeOf(manifest), Object.prototype);
  });
});

describe('the children of an index', () => {
  const child = (platform: unknown, annotations?: unknown) => ({
    mediaType: mediaTypes.ociManifest,
    digest,
    size: 1,
    platform,
    annotations,
  });

  it('are images to run without the attestations of BuildKit', () => {
    const index = parse({
      mediaType: mediaTypes.ociIndex,
      manifests: [
        child({ os: 'linux', architecture: 'amd64' }),
        child({ os: 'unknown', architecture: 'unknown' }),
        child(undefined, { 'vnd.docker.reference.type': 'attestation-manifest' }),
        child(undefined),
      ],
    });
    assert.ok(index.kind === 'index');
    assert.deepEqual(
      platformManifests(index).map((one) => one.platform),
      [{ os: 'linux', architecture: 'amd64' }, undefined],
    );
  });
});
