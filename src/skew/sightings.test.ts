import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  digestA,
  digestB,
  digestC,
  fluentd,
  idOf,
  nodeObject,
  podObject,
  pulledEvent,
  snapshotOf,
} from '../../test/cluster/objects.ts';
import { formatInstant } from '../clock.ts';
import { type Digest, parseDigest } from '../reference/digest.ts';
import { normalizedReference, parseReference } from '../reference/reference.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning } from './running-content.ts';
import { listSightings } from './sightings.ts';
import { noFacts, type SkewFacts } from './skew-facts.ts';

const [a, b] = [digestA, digestB].map(parseDigest) as [Digest, Digest];
const key = normalizedReference(parseReference(fluentd));
const running = podObject({ name: 'p', imageId: idOf(fluentd, a) });
const askedAt = Date.UTC(2026, 10, 21);

function sightingsIn(objects: readonly object[], facts: Partial<SkewFacts> = {}): readonly string[] {
  const snapshot = snapshotOf(...objects);
  const containers = listRunning(snapshot, pullHistoryOf(snapshot));
  return listSightings(snapshot, containers, { ...noFacts, ...facts }, askedAt).map(
    ({ tag, digest, observedAt, source }) =>
      `${tag} ${digest.slice(7, 9)} ${source} ${formatInstant(observedAt)}`,
  );
}

const cases: readonly { name: string; given: () => readonly string[]; expected: readonly string[] }[] = [
  {
    name: 'what a pod runs, when the snapshot was taken',
    given: () => sightingsIn([running]),
    expected: ['v1.16-4.11-full a1 pod 2026-11-01T10:00:00Z'],
  },
  {
    name: 'when its node pulled it, too',
    given: () => sightingsIn([running, pulledEvent('p', 'old-1', '2026-11-01T09:59:30Z')]),
    expected: ['v1.16-4.11-full a1 pod 2026-11-01T10:00:00Z', 'v1.16-4.11-full a1 pod 2026-11-01T09:59:30Z'],
  },
  {
    name: 'what another node holds of the tag',
    given: () =>
      sightingsIn([running, nodeObject('n', { images: [{ names: [idOf(fluentd, b), fluentd] }] })]),
    expected: ['v1.16-4.11-full a1 pod 2026-11-01T10:00:00Z', 'v1.16-4.11-full b2 node 2026-11-01T10:00:00Z'],
  },
  {
    name: 'what the registry answered, when it was asked',
    given: () => sightingsIn([running], { published: new Map([[key, { kind: 'digest', digest: b }]]) }),
    expected: [
      'v1.16-4.11-full b2 resolve 2026-11-21T00:00:00Z',
      'v1.16-4.11-full a1 pod 2026-11-01T10:00:00Z',
    ],
  },
  {
    name: 'the index of a platform manifest, where it is known',
    given: () =>
      sightingsIn([running], {
        indexes: new Map([[b, [{ digest: a, platform: { os: 'linux', architecture: 'amd64' } }]]]),
      }),
    expected: ['v1.16-4.11-full b2 pod 2026-11-01T10:00:00Z'],
  },
  {
    name: 'nothing of a digest under the name of another repository',
    given: () => sightingsIn([podObject({ name: 'p', imageId: `quay.io/other/app@${digestC}` })]),
    expected: [],
  },
  {
    name: 'nothing of a side-loaded image',
    given: () => sightingsIn([podObject({ name: 'p', imageId: digestC })]),
    expected: [],
  },
  {
    name: 'nothing of a pinned reference, whose tag was not asked',
    given: () => sightingsIn([podObject({ name: 'p', image: `${fluentd}@${a}`, imageId: idOf(fluentd, a) })]),
    expected: [],
  },
];

describe('what a snapshot tells the ledger', () => {
  for (const { name, given, expected } of cases) {
    it(`is ${name}`, () => assert.deepEqual(given(), expected));
  }
});
