import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../reference/digest.ts';
import { parseRepository } from '../reference/repository.ts';
import { parseTag } from '../reference/tag.ts';
import {
  digestAt,
  dispensableSightings,
  isPublished,
  movesOf,
  observationSources,
  observationsOf,
  sightingsPerTagMax,
  type TagSighting,
} from './history.ts';

const digests = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text)));
const [a = digestOf(Buffer.from('a')), b = a] = digests;
const place = { repository: parseRepository('registry.test/app'), tag: parseTag('1.0') };

const sighting: fc.Arbitrary<TagSighting> = fc.record({
  digest: fc.constantFrom(...digests),
  observedAt: fc.integer({ min: 0, max: 30 }),
  source: fc.constantFrom(...observationSources),
});
const sightings = fc.array(sighting, { maxLength: 40 });

function see(digest: typeof a, observedAt: number, source: TagSighting['source'] = 'scan'): TagSighting {
  return { digest, observedAt, source };
}

describe('the history in sightings', () => {
  it('does not depend on their order or repetition', () => {
    const shuffled = sightings.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray([...given, ...given], { minLength: given.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([given, other]) => {
        assert.deepEqual(observationsOf(other), observationsOf(given));
      }),
      { numRuns: 300 },
    );
  });

  it('covers every sighting and claims no instant that nobody saw', () => {
    fc.assert(
      fc.property(sightings, (given) => {
        const observations = observationsOf(given);
        for (const one of given) {
          const covering = observations.some(
            (observation) =>
              observation.digest === one.digest &&
              isPublished(observation.source) === isPublished(one.source) &&
              observation.firstSeenAt <= one.observedAt &&
              one.observedAt <= observation.lastSeenAt,
          );
          assert.ok(covering);
        }
        for (const { digest, firstSeenAt, lastSeenAt } of observations) {
          for (const edge of [firstSeenAt, lastSeenAt]) {
            assert.ok(given.some((one) => one.digest === digest && one.observedAt === edge));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has published stretches that never overlap, each followed by another digest', () => {
    fc.assert(
      fc.property(sightings, (given) => {
        const published = observationsOf(given).filter((one) => isPublished(one.source));
        for (const [index, next] of published.slice(1).entries()) {
          const previous = published[index];
          assert.notEqual(previous?.digest, next.digest);
          assert.ok((previous?.lastSeenAt ?? Infinity) <= next.firstSeenAt);
        }
        assert.equal(movesOf(place, observationsOf(given)).length, Math.max(0, published.length - 1));
      }),
      { numRuns: 300 },
    );
  });

  it('names the source that saw it first, and by rank where two saw it at once', () => {
    const observations = observationsOf([see(a, 2, 'scan'), see(a, 1, 'import'), see(a, 1, 'lock')]);
    assert.deepEqual(observations, [{ digest: a, firstSeenAt: 1, lastSeenAt: 2, source: 'lock' }]);
  });

  it('lets the digest already seen go first where two share an instant', () => {
    const observations = observationsOf([see(b, 1), see(a, 2), see(b, 2), see(a, 3)]);
    assert.deepEqual(
      observations.map((one) => [one.digest, one.firstSeenAt, one.lastSeenAt]),
      [
        [b, 1, 2],
        [a, 2, 3],
      ],
    );
  });
});

describe('what a tag pointed to at an instant', () => {
  const observations = observationsOf([see(a, 10), see(a, 20), see(b, 30), see(a, 25, 'pod')]);
  const cases = [
    { name: 'is unknown before anybody looked', at: 9, expected: { kind: 'unknown', firstSeenAt: 10 } },
    { name: 'is the digest seen before and after', at: 15, expected: { kind: 'seen', digest: a } },
    { name: 'is certain at the very look', at: 20, expected: { kind: 'seen', digest: a } },
    {
      name: 'is one of two between the looks that saw it move',
      at: 25,
      expected: { kind: 'between', digest: a, lastSeenAt: 20, next: b, nextSeenAt: 30 },
    },
    {
      name: 'is the last one known after the last look',
      at: 99,
      expected: { kind: 'last-known', digest: b, lastSeenAt: 30 },
    },
  ];
  for (const { name, at, expected } of cases) {
    it(name, () => assert.deepEqual(digestAt(observations, at), expected));
  }

  it('is unknown where only pods were seen', () => {
    assert.deepEqual(digestAt(observationsOf([see(a, 1, 'pod')]), 5), {
      kind: 'unknown',
      firstSeenAt: undefined,
    });
  });
});

describe('thinning', () => {
  it('keeps a short history whole', () => {
    const given = Array.from({ length: sightingsPerTagMax }, (_, index) => see(a, index));
    assert.deepEqual(dispensableSightings(given), []);
  });

  it('forgets looks inside stretches and keeps the observations as they were', () => {
    const long = fc
      .array(sighting, { minLength: 3, maxLength: 8 })
      .map((few) => [
        ...few,
        ...Array.from({ length: sightingsPerTagMax }, (_, index) => see(a, 100 + index)),
      ]);
    fc.assert(
      fc.property(long, (given) => {
        const dispensable = new Set(dispensableSightings(given));
        const kept = given.filter((one) => !dispensable.has(one));
        assert.ok(kept.length < given.length);
        assert.deepEqual(observationsOf(kept), observationsOf(given));
      }),
      { numRuns: 50 },
    );
  });
});
