import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { movingSiblingOf, tagShape } from './tag-shape.ts';

describe('the shape of a tag', () => {
  const table = {
    latest: ['latest', 'LATEST', 'latest-full', 'alpine-latest'],
    channel: [
      'main',
      'master',
      'stable',
      'edge',
      'nightly',
      'stable-alpine',
      'dev',
      'canary',
      'LTS',
      'alpine',
      'bookworm-slim',
      'release-1.2',
      'stable-3',
    ],
    major: ['1', 'v3', '18', '18-alpine', '10', 'v2-slim-rootless'],
    minor: ['1.25', 'v1.16', '16.2-alpine', '3.9', '1.25-bookworm'],
    number: ['608111629', '7127761', '1220'],
    exact: [
      '1.25.3',
      'v0.29.0',
      '1.36.1-glibc',
      'v1.26.5-gke.2700',
      'v1.16-4.11-full',
      'v1.16-4.11-full-build.169',
      '1.2.0-kafka-4.3.1',
      '14-vectorchord0.4.3-pgvectors0.2.0',
      'RELEASE.2022-03-05T06-32-39Z',
      'v20220127-v0.22.0-79-gafb1d75ce',
      'main-4f2a91c',
      'nightly-2024-01-31',
      '20240131',
      'v20240101-abcdef',
      'v20240101',
      '2023-01-01',
      'sha-4f2a91c',
      '1.0-rc1',
      '4.11-20240101',
    ],
  } as const;
  for (const [shape, tags] of Object.entries(table)) {
    for (const tag of tags) it(`of ${tag} is ${shape}`, () => assert.equal(tagShape(tag), shape));
  }
});

describe('the moving tag beside a fixed build', () => {
  it('is the tag without its build number', () => {
    assert.equal(movingSiblingOf('v1.16-4.11-full-build.169'), 'v1.16-4.11-full');
  });
  it('is none where there is no build number', () => {
    assert.equal(movingSiblingOf('v1.16-4.11-full'), undefined);
  });
});
