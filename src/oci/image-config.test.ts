import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OciError } from './errors.ts';
import { buildLabels, type ImageConfig, parseImageConfig } from './image-config.ts';

function parse(document: unknown): ImageConfig {
  return parseImageConfig(new TextEncoder().encode(JSON.stringify(document)));
}

describe('an image config', () => {
  const nothing: ImageConfig = { platform: undefined, labels: {}, created: undefined };
  const cases: readonly { name: string; document: unknown; expected: ImageConfig }[] = [
    {
      name: 'says platform, labels and when it was made',
      document: {
        os: 'linux',
        architecture: 'arm',
        variant: 'v7',
        created: '2026-01-02T03:04:05Z',
        config: { Labels: { 'org.opencontainers.image.version': '1.0' } },
      },
      expected: {
        platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
        labels: { 'org.opencontainers.image.version': '1.0' },
        created: '2026-01-02T03:04:05Z',
      },
    },
    {
      name: 'says the version of Windows',
      document: { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.2227' },
      expected: {
        ...nothing,
        platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2227' },
      },
    },
    { name: 'may be empty, as that of an artifact', document: {}, expected: nothing },
    { name: 'may have null for labels', document: { config: { Labels: null } }, expected: nothing },
    { name: 'may have null for config', document: { config: null, created: null }, expected: nothing },
    {
      name: 'may have an empty variant',
      document: { os: 'linux', architecture: 'amd64', variant: '' },
      expected: { ...nothing, platform: { os: 'linux', architecture: 'amd64' } },
    },
    {
      name: 'loses labels that are no text',
      document: { config: { Labels: { a: 1, b: ['c'] } } },
      expected: nothing,
    },
    { name: 'loses labels that are a list', document: { config: { Labels: ['a'] } }, expected: nothing },
  ];
  for (const { name, document, expected } of cases) {
    it(name, () => assert.deepEqual(parse(document), expected));
  }

  it('never throws anything but OciError, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseImageConfig(new TextEncoder().encode(text));
        } catch (error) {
          assert.ok(error instanceof OciError && error.code === 'CONFIG_UNREADABLE', String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the labels of a build', () => {
  it('are looked up in the order of the places, and in each under the OCI key first', () => {
    const found = buildLabels(
      { 'org.opencontainers.image.version': '' },
      { 'org.label-schema.version': 'from the manifest', 'org.opencontainers.image.revision': 'abc' },
      {
        'org.opencontainers.image.version': 'from the config',
        'org.label-schema.vcs-ref': 'old',
        'org.label-schema.vcs-url': 'https://example.com/repository',
        'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
        'org.label-schema.build-date': 'never',
      },
    );
    assert.deepEqual(found, {
      version: 'from the manifest',
      revision: 'abc',
      source: 'https://example.com/repository',
      created: '2026-01-02T03:04:05Z',
    });
  });

  it('are absent where nobody wrote them', () => {
    assert.deepEqual(buildLabels(), {
      version: undefined,
      revision: undefined,
      source: undefined,
      created: undefined,
    });
  });
});
