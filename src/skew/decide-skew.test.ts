import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  crashing,
  digestA,
  digestB,
  digestC,
  fluentd,
  idOf,
  nodeObject,
  type PodOptions,
  podObject,
  snapshotOf,
} from '../../test/cluster/objects.ts';
import { type Digest, parseDigest } from '../reference/digest.ts';
import { decideSkew } from './decide-skew.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning } from './running-content.ts';
import { noFacts, type SkewFacts } from './skew-facts.ts';
import type { SkewReport } from './skew-report.ts';

const [a, b, c] = [digestA, digestB, digestC].map(parseDigest) as [Digest, Digest, Digest];

function reportOn(objects: readonly object[], facts: Partial<SkewFacts> = {}): SkewReport {
  const snapshot = snapshotOf(...objects);
  return decideSkew(snapshot, listRunning(snapshot, pullHistoryOf(snapshot)), { ...noFacts, ...facts });
}

function on(node: string, digest: string, more: Partial<PodOptions> = {}): object {
  return podObject({ name: `${node}-pod`, node, imageId: idOf(fluentd, digest), ...more });
}

/** `digest failing/pods` of each content of each split. */
function splitsOf(report: SkewReport): readonly string[][] {
  return report.splits.map(({ contents }) =>
    contents.map(({ digest, failing, pods }) => `${name(digest)} ${failing}/${pods.length}`),
  );
}

function unknownOf(report: SkewReport): readonly string[] {
  return report.unknown.map(({ reason, pods }) => `${pods.map((pod) => pod.name).join(' ')}: ${reason}`);
}

function name(digest: string): string {
  return { [digestA]: 'A', [digestB]: 'B', [digestC]: 'C' }[digest] ?? digest;
}

const linux = (architecture: string): { os: string; architecture: string } => ({ os: 'linux', architecture });
const twoNodes = [nodeObject('n1'), nodeObject('n2')];
const mixedNodes = [nodeObject('n1'), nodeObject('n2', { architecture: 'arm64' })];

type Case = {
  readonly name: string;
  readonly given: readonly object[];
  readonly facts?: Partial<SkewFacts>;
  readonly expected: {
    readonly splits?: readonly string[][];
    readonly unknown?: readonly (string | RegExp)[];
  };
};

const cases: readonly Case[] = [
  { name: 'one digest everywhere is no split', given: [...twoNodes, on('n1', a), on('n2', a)], expected: {} },
  {
    name: 'two digests of one tag are a split, the working one first',
    given: [...twoNodes, on('n1', b, crashing), on('n2', a)],
    expected: { splits: [['A 0/1', 'B 1/1']] },
  },
  {
    name: 'a split is seen without nodes and events, too',
    given: [on('n1', a), on('n2', b)],
    expected: { splits: [['A 0/1', 'B 0/1']] },
  },
  {
    name: 'spellings of one reference are one tag',
    given: [
      on('n1', a, { image: 'nginx', imageId: `docker.io/library/nginx@${a}` }),
      on('n2', b, { image: 'docker.io/library/nginx:latest', imageId: `docker-pullable://nginx@${b}` }),
    ],
    expected: { splits: [['A 0/1', 'B 0/1']] },
  },
  {
    name: 'another tag of the same repository is another reference',
    given: [on('n1', a), on('n2', b, { image: 'ghcr.io/kube-logging/fluentd:v1.17' })],
    expected: {},
  },
  {
    name: 'an index on one node and its manifest on another are one content',
    given: [...twoNodes, on('n1', a), on('n2', b)],
    facts: { indexes: new Map([[a, [{ digest: b, platform: linux('amd64') }]]]) },
    expected: {},
  },
  {
    name: 'children of one index on different platforms are one content',
    given: [...mixedNodes, on('n1', a), on('n2', b)],
    facts: {
      indexes: new Map([
        [
          c,
          [
            { digest: a, platform: linux('amd64') },
            { digest: b, platform: linux('arm64') },
          ],
        ],
      ]),
    },
    expected: {},
  },
  {
    name: 'indexes that differ only for a platform nobody runs are one content',
    given: [...twoNodes, on('n1', a), on('n2', b)],
    facts: {
      indexes: new Map([
        [a, [{ digest: c, platform: linux('amd64') }]],
        [
          b,
          [
            { digest: c, platform: linux('amd64') },
            { digest: a, platform: linux('s390x') },
          ],
        ],
      ]),
    },
    expected: {},
  },
  {
    name: 'indexes with different children for the platform that runs are a split',
    given: [...twoNodes, on('n1', a), on('n2', b)],
    facts: {
      indexes: new Map([
        [a, [{ digest: c, platform: linux('amd64') }]],
        [b, [{ digest: b, platform: linux('amd64') }]],
      ]),
    },
    expected: { splits: [['A 0/1', 'B 0/1']] },
  },
  {
    name: 'manifests with one config, as a mirror that compresses anew makes them, are one content',
    given: [...twoNodes, on('n1', a), on('n2', b)],
    facts: {
      configs: new Map([
        [a, c],
        [b, c],
      ]),
    },
    expected: {},
  },
  {
    name: 'digests that one node knows as one image are one content',
    given: [
      nodeObject('n1', { images: [{ names: [idOf(fluentd, a), idOf(fluentd, b)] }] }),
      nodeObject('n2'),
      on('n1', a),
      on('n2', b),
    ],
    expected: {},
  },
  {
    name: 'different digests on different platforms are unknown, where nobody knows an index',
    given: [...mixedNodes, on('n1', a), on('n2', b)],
    expected: { unknown: [/^n1-pod: .*linux\/amd64 alone/, /^n2-pod: .*linux\/arm64 alone/] },
  },
  {
    name: 'different digests on different platforms are a split, where the index of one lacks the other',
    given: [...mixedNodes, on('n1', a), on('n2', b)],
    facts: { indexes: new Map([[a, [{ digest: c, platform: linux('amd64') }]]]) },
    expected: { splits: [['A 0/1', 'B 0/1']] },
  },
  {
    name: 'a side-loaded image is unknown, not different',
    given: [...twoNodes, on('n1', a), on('n2', b, { imageId: b })],
    expected: { unknown: [/^n2-pod: no digest from a registry.* may have been loaded from a file/] },
  },
  {
    name: 'two different side-loaded images are unknown',
    given: [on('n1', a, { imageId: a }), on('n2', b, { imageId: `docker://${b}` })],
    expected: {
      unknown: [
        /^n1-pod: no digest from a registry.* may have been loaded from a file/,
        /^n2-pod: no digest from a registry.* may have been loaded from a file/,
      ],
    },
  },
  {
    name: 'a container that runs before its runtime says what is unknown, and not called unstarted',
    given: [on('n1', a), on('n2', b, { imageId: '' })],
    expected: { unknown: ['n2-pod: it runs, but its runtime does not say which image'] },
  },
  {
    name: 'a container that waits is unknown',
    given: [
      on('n1', a),
      on('n2', b, { imageId: '', state: { waiting: { reason: 'ContainerCreating' } }, ready: false }),
      on('n3', b, { imageId: '', node: undefined, state: undefined, ready: false }),
    ],
    expected: {
      unknown: ['n2-pod: not started: ContainerCreating', 'n3-pod: the pod is not scheduled to a node'],
    },
  },
  {
    name: 'the same digest under the name of another repository is the same content',
    given: [...twoNodes, on('n1', a, { imageId: `127.0.0.1:5055/app@${a}` }), on('n2', a)],
    expected: {},
  },
  {
    name: 'another digest under the name of another repository is looked up in the store of the node',
    given: [
      nodeObject('n1', { images: [{ names: [`127.0.0.1:5055/app@${b}`, idOf(fluentd, a)] }] }),
      nodeObject('n2'),
      on('n1', b, { imageId: `127.0.0.1:5055/app@${b}` }),
      on('n2', a),
    ],
    expected: {},
  },
  {
    name: 'another digest under the name of another repository is unknown, where the store tells nothing',
    given: [...twoNodes, on('n1', b, { imageId: `127.0.0.1:5055/app@${b}` }), on('n2', a)],
    expected: { unknown: [/^n1-pod: reported as sha256:b2.* of another repository/] },
  },
  {
    name: 'a pinned reference is no split, whatever runtimes report of it',
    given: [
      on('n1', a, { image: `${fluentd}@${c}`, imageId: idOf(fluentd, a) }),
      on('n2', b, { image: `${fluentd}@${c}`, imageId: idOf(fluentd, b) }),
    ],
    expected: {},
  },
  {
    name: 'a reference pinned to another digest is another reference',
    given: [on('n1', a), on('n2', b, { image: `${fluentd}@${b}` })],
    expected: {},
  },
  {
    name: 'a text that is no reference is unknown',
    given: [on('n1', a, { image: 'Team/App:1', imageId: '' })],
    expected: { unknown: ['n1-pod: the image is not a valid reference'] },
  },
  {
    name: 'pods that ended well are bygones',
    given: [on('n1', a, { phase: 'Succeeded', state: { terminated: { exitCode: 0 } } }), on('n2', b)],
    expected: {},
  },
  {
    name: 'pods that ended well show what worked, where another fails',
    given: [
      on('n1', a, { phase: 'Succeeded', state: { terminated: { exitCode: 0 } } }),
      on('n2', b, crashing),
    ],
    expected: { splits: [['A 0/1', 'B 1/1']] },
  },
  {
    name: 'an evicted pod says nothing',
    given: [on('n1', a), on('n2', b, { imageId: '', phase: 'Failed', state: {} })],
    expected: {},
  },
  {
    name: 'init containers count',
    given: [on('n1', a, { role: 'init' }), on('n2', b, { role: 'init' })],
    expected: { splits: [['A 0/1', 'B 0/1']] },
  },
  {
    name: 'three contents are one split',
    given: [on('n1', a), on('n2', b), on('n3', c, crashing)],
    expected: { splits: [['A 0/1', 'B 0/1', 'C 1/1']] },
  },
];

describe('one tag, more than one content', () => {
  for (const { name: sentence, given, facts, expected } of cases) {
    it(sentence, () => {
      const report = reportOn(given, facts);
      assert.deepEqual(splitsOf(report), expected.splits ?? []);
      const unknown = unknownOf(report);
      const wanted = expected.unknown ?? [];
      assert.equal(unknown.length, wanted.length, unknown.join('\n'));
      for (const [at, one] of wanted.entries()) {
        if (typeof one === 'string') assert.equal(unknown[at], one);
        else assert.match(unknown[at] ?? '', one);
      }
    });
  }

  const somePods = fc.array(
    fc.record({
      node: fc.constantFrom('n1', 'n2', 'n3'),
      digest: fc.constantFrom(a, b),
      isFailing: fc.boolean(),
      image: fc.constantFrom(fluentd, 'nginx:1.25'),
    }),
    { minLength: 1, maxLength: 12 },
  );

  type SomePod = { node: string; digest: Digest; isFailing: boolean; image: string };

  function objectsOf(pods: readonly SomePod[], rename: (node: string) => string = (node) => node): object[] {
    return [
      ...['n1', 'n2', 'n3'].map((node) => nodeObject(rename(node))),
      ...pods.map(({ node, digest, isFailing, image }, at) =>
        podObject({
          name: `p-${at}`,
          node: rename(node),
          image,
          imageId: idOf(image, digest),
          ...(isFailing ? crashing : {}),
        }),
      ),
    ];
  }

  it('does not depend on the order of objects', () => {
    fc.assert(
      fc.property(
        somePods.chain((pods) =>
          fc.tuple(fc.constant(pods), fc.shuffledSubarray(objectsOf(pods), { minLength: pods.length + 3 })),
        ),
        ([pods, shuffled]) => {
          assert.deepEqual(reportOn(shuffled), reportOn(objectsOf(pods)));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is never a split where one digest runs everywhere', () => {
    fc.assert(
      fc.property(somePods, (pods) => {
        assert.deepEqual(reportOn(objectsOf(pods.map((pod) => ({ ...pod, digest: a })))).splits, []);
      }),
      { numRuns: 100 },
    );
  });

  it('does not depend on the names of nodes', () => {
    fc.assert(
      fc.property(somePods, (pods) => {
        const renamed = reportOn(objectsOf(pods, (node) => `z${9 - Number(node.slice(1))}`));
        assert.deepEqual(splitsOf(renamed), splitsOf(reportOn(objectsOf(pods))));
      }),
      { numRuns: 100 },
    );
  });

  it('counts every container that runs a known content of a split once', () => {
    fc.assert(
      fc.property(somePods, (pods) => {
        for (const { reference, contents } of reportOn(objectsOf(pods)).splits) {
          const named = contents.flatMap((content) => content.pods.map((pod) => pod.name)).sort();
          const wanted = pods
            .flatMap((pod, at) => (pod.image === reference.original ? [`p-${at}`] : []))
            .sort();
          assert.deepEqual(named, wanted);
        }
      }),
      { numRuns: 100 },
    );
  });
});
