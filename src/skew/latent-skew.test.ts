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
  snapshotOf,
} from '../../test/cluster/objects.ts';
import { type Digest, parseDigest } from '../reference/digest.ts';
import { normalizedReference, parseReference } from '../reference/reference.ts';
import { decideSkew } from './decide-skew.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning } from './running-content.ts';
import { noFacts, type SkewFacts } from './skew-facts.ts';
import type { Published } from './skew-report.ts';

const [a, b, c] = [digestA, digestB, digestC].map(parseDigest) as [Digest, Digest, Digest];
const key = normalizedReference(parseReference(fluentd));

function latentIn(objects: readonly object[], facts: Partial<SkewFacts> = {}): readonly string[] {
  const snapshot = snapshotOf(...objects);
  const report = decideSkew(snapshot, listRunning(snapshot, pullHistoryOf(snapshot)), {
    ...noFacts,
    ...facts,
  });
  return report.latent.map(({ cause, prediction }) => `${cause.kind}: ${prediction}`);
}

function serving(now: Published): Partial<SkewFacts> {
  return { published: new Map([[key, now]]) };
}

const running = podObject({ name: 'p', imageId: idOf(fluentd, a) });
const always = podObject({ name: 'p', imageId: idOf(fluentd, a), policy: 'Always' });

function holding(...names: readonly string[]): object {
  return nodeObject('new-1', { images: [{ names: [...names, fluentd] }] });
}

const cases: readonly { name: string; given: () => readonly string[]; expected: readonly RegExp[] }[] = [
  { name: 'nothing where nobody was asked', given: () => latentIn([running]), expected: [] },
  {
    name: 'nothing where the registry serves what runs',
    given: () => latentIn([running], serving({ kind: 'digest', digest: a })),
    expected: [],
  },
  {
    name: 'a tag that moved: the next new node gets the other content',
    given: () => latentIn([running], serving({ kind: 'digest', digest: b })),
    expected: [/^moved: the tag moved: a pod on a node without the image will run sha256:b2b2b2b2b2b2$/],
  },
  {
    name: 'a tag that moved under pods that always pull: the next restart gets it',
    given: () => latentIn([always], serving({ kind: 'digest', digest: b })),
    expected: [/^moved: the tag moved: every pod that restarts, and a pod on a node without/],
  },
  {
    name: 'nothing where what is served is the index of what runs',
    given: () =>
      latentIn([running], {
        ...serving({ kind: 'digest', digest: b }),
        indexes: new Map([[b, [{ digest: a, platform: { os: 'linux', architecture: 'amd64' } }]]]),
      }),
    expected: [],
  },
  {
    name: 'a tag that is gone: no new node can start it',
    given: () => latentIn([running], serving({ kind: 'absent' })),
    expected: [/^gone: the registry says it has no such tag/],
  },
  {
    name: 'a node that holds another content of the tag',
    given: () => latentIn([running, holding(idOf(fluentd, b))]),
    expected: [
      /^cached: a pod scheduled there will run another content of the tag: new-1 \(sha256:b2b2b2b2b2b2\)$/,
    ],
  },
  {
    name: 'nothing where the node holds the same',
    given: () => latentIn([running, holding(idOf(fluentd, b), idOf(fluentd, a))]),
    expected: [],
  },
  {
    name: 'nothing where every pod always pulls',
    given: () => latentIn([always, holding(idOf(fluentd, b))]),
    expected: [],
  },
  {
    name: 'nothing where the node tells no digest',
    given: () => latentIn([running, holding()]),
    expected: [],
  },
  {
    name: 'a node that holds a third content of a split tag',
    given: () =>
      latentIn([running, podObject({ name: 'q', imageId: idOf(fluentd, b) }), holding(idOf(fluentd, c))]),
    expected: [/^cached: .* yet another content/],
  },
];

describe('splits that are about to be', () => {
  for (const { name, given, expected } of cases) {
    it(`are ${name}`, () => {
      const found = given();
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [at, pattern] of expected.entries()) assert.match(found[at] ?? '', pattern);
    });
  }
});
