import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LostTagQuestion, makeLostTags } from './lost-tags.ts';

describe('what the registry answered about a lost tag', () => {
  const lost = { image: 'ghcr.io/acme/app', tag: 'v2', revision: 'a' };
  const question: LostTagQuestion = { ...lost, now: 1000, forMs: 60_000 };
  for (const { name, policy = 'team/app', given = {}, expected = false } of [
    { name: 'is known for a while', given: { now: 60_999 }, expected: true },
    { name: 'is asked again after a while', given: { now: 61_000 } },
    { name: 'is asked again where the clock was set back', given: { now: 999 } },
    { name: 'is asked again when the list changed', given: { revision: 'b' } },
    { name: 'is asked of another tag', given: { tag: 'v3' } },
    { name: 'is asked of another image', given: { image: 'ghcr.io/acme/other' } },
    { name: 'is asked for another policy', policy: 'team/other' },
  ]) {
    it(name, () => {
      const tags = makeLostTags();
      tags.remember('team/app', { ...lost, askedAt: 1000 });
      assert.equal(tags.isKnownLost(policy, { ...question, ...given }), expected);
      tags.forget('team/app');
      assert.equal(tags.isKnownLost(policy, { ...question, ...given }), false);
    });
  }
});
