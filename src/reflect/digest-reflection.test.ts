import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideDigest, previousRef } from './digest-reflection.ts';

const published = { name: 'app', tag: '1.0', digest: 'sha256:a' };
const { digest: _digest, ...bare } = published;

describe('the digest of a selection', () => {
  const cases = [
    {
      name: 'is none where it is not wanted',
      policy: 'Never',
      next: { name: 'app', tag: '1.0' },
      expected: 'none',
    },
    {
      name: 'is kept for the same tag',
      policy: 'IfNotPresent',
      next: { name: 'app', tag: '1.0' },
      expected: 'keep',
    },
    {
      name: 'is asked for another tag',
      policy: 'IfNotPresent',
      next: { name: 'app', tag: '1.1' },
      expected: 'ask',
    },
    {
      name: 'is asked for another name',
      policy: 'IfNotPresent',
      next: { name: 'b', tag: '1.0' },
      expected: 'ask',
    },
    { name: 'is asked for each time', policy: 'Always', next: { name: 'app', tag: '1.0' }, expected: 'ask' },
  ] as const;
  for (const { name, policy, next, expected } of cases) {
    it(name, () => {
      assert.equal(decideDigest({ digestReflectionPolicy: policy }, published, next).kind, expected);
    });
  }
});

describe('the previous selection', () => {
  const known = { name: 'app', tag: '0.9' };
  const cases = [
    { name: 'stays where nothing was published', published: undefined, next: bare, expected: known },
    {
      name: 'is what another tag replaces',
      published,
      next: { name: 'app', tag: '1.1' },
      expected: published,
    },
    {
      name: 'is what another digest replaces',
      published,
      next: { ...bare, digest: 'sha256:b' },
      expected: published,
    },
    { name: 'stays where a digest only appears', published: bare, next: published, expected: known },
    { name: 'stays where a digest only goes', published, next: bare, expected: known },
  ];
  for (const { name, published: before, next, expected } of cases) {
    it(name, () => assert.deepEqual(previousRef(before, next, known), expected));
  }
});
