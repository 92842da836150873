import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { summarizeTags, sumTags, type TagSummary } from './tag-revision.ts';

describe('a summary of tags', () => {
  it('has the checksum that Flux publishes', () => {
    assert.equal(summarize(['a', 'b', 'c', 'd']).revision, '580584407');
    assert.equal(summarize([]).revision, '18153657');
  });

  it('names the ten last, last first', () => {
    const tags = Array.from({ length: 12 }, (_, at) => `v${String(at).padStart(2, '0')}`);
    const { latestTags, tagCount } = summarize(tags);
    assert.equal(tagCount, 12);
    assert.deepEqual(latestTags, tags.toReversed().slice(0, 10));
  });

  it('is the checksum of the whole text, whatever the tags', () => {
    const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
    fc.assert(
      fc.property(fc.uniqueArray(tag, { maxLength: 60 }), (tags) => {
        const ascending = tags.toSorted();
        assert.equal(summarize(ascending).revision, adler32(JSON.stringify(ascending.toReversed())));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same, wherever the list is cut', () => {
    const tag = fc.stringMatching(/^[a-c.]{1,3}$/);
    const given = fc.record({ tags: fc.uniqueArray(tag, { maxLength: 30 }), cuts: fc.array(fc.nat(30)) });
    fc.assert(
      fc.property(given, ({ tags, cuts }) => {
        const ascending = tags.toSorted();
        const ends = [...cuts.toSorted((one, other) => one - other), ascending.length];
        const stretches = ends.map((end, index) => sumTags(ascending.slice(ends[index - 1] ?? 0, end)));
        assert.deepEqual(summarizeTags(stretches), summarize(ascending));
      }),
      { numRuns: 200 },
    );
  });

  it('is right beyond the length at which the sums wrap', () => {
    const tags = Array.from({ length: 20_000 }, (_, at) => `v1.0.${String(at).padStart(6, '0')}`);
    assert.equal(summarize(tags).revision, adler32(JSON.stringify(tags.toReversed())));
  });
});

function summarize(tags: readonly string[]): TagSummary {
  return summarizeTags([sumTags(tags)]);
}

/** As RFC 1950 writes it down. */
function adler32(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of Buffer.from(text)) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return String(b * 65_536 + a);
}
