import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fingerprintPolicy } from './fingerprint.ts';
import type { SelectionPolicy } from './select.ts';

const plain: SelectionPolicy = { order: { kind: 'semver', range: '>=1.0.0' } };
const image = 'docker.io/library/nginx';

describe('the fingerprint of a policy', () => {
  it('is this very text: it is stored, and a changed one lets a selection go back', () => {
    assert.equal(
      fingerprintPolicy(
        { ...plain, filter: { pattern: '^v', extract: '' }, exclude: ['b', 'a', 'a'], minimumAgeMs: 5 },
        image,
      ),
      '[["image","docker.io/library/nginx"],["order","semver",">=1.0.0"],["filter","^v",""],["exclude","a","b"],["minimumAgeMs",5]]',
    );
  });

  it('is the same where something is not set and where it says nothing', () => {
    const same: SelectionPolicy = {
      ...plain,
      filter: { pattern: '', extract: '' },
      exclude: [],
      skip: [],
      platforms: [],
    };
    assert.equal(fingerprintPolicy(same, image), fingerprintPolicy(plain, image));
  });

  it('is another with another image, order, filter or list', () => {
    const texts = [
      fingerprintPolicy(plain, image),
      fingerprintPolicy(plain, 'docker.io/library/redis'),
      fingerprintPolicy({ order: { kind: 'semver', range: '>=1.0.1' } }, image),
      fingerprintPolicy({ ...plain, filter: { pattern: '^v', extract: '' } }, image),
      fingerprintPolicy({ ...plain, filter: { pattern: '', extract: 'x' } }, image),
      fingerprintPolicy({ ...plain, exclude: ['x'] }, image),
      fingerprintPolicy({ ...plain, skip: ['x'] }, image),
    ];
    assert.equal(new Set(texts).size, texts.length);
  });
});
