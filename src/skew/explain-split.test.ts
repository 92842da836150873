import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  crashing,
  digestA,
  digestB,
  fluentd,
  idOf,
  nodeObject,
  type PodOptions,
  podObject,
  pulledEvent,
  snapshotOf,
} from '../../test/cluster/objects.ts';
import { type Digest, parseDigest } from '../reference/digest.ts';
import { normalizedReference, parseReference } from '../reference/reference.ts';
import { parseTag } from '../reference/tag.ts';
import { decideSkew } from './decide-skew.ts';
import { pullHistoryOf } from './pull-history.ts';
import { listRunning } from './running-content.ts';
import { contentKey, noFacts, type SkewFacts } from './skew-facts.ts';
import type { Published, Split } from './skew-report.ts';

const [a, b] = [digestA, digestB].map(parseDigest) as [Digest, Digest];
const reference = parseReference(fluentd);
const key = normalizedReference(reference);
const owner = { kind: 'StatefulSet', name: 'platform-fluentd' };

function statefulSet(more: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'platform-fluentd', namespace: 'logging', ...more },
    spec: { template: { spec: { containers: [] } }, ...spec },
  };
}

function pod(at: number, node: string, digest: string, more: Partial<PodOptions> = {}): object {
  return podObject({ name: `fluentd-${at}`, node, imageId: idOf(fluentd, digest), owner, ...more });
}

const incident = [
  pod(0, 'old-1', a),
  pod(1, 'old-1', a),
  pod(2, 'new-1', b, crashing),
  nodeObject('old-1', { images: [{ names: [idOf(fluentd, a)], sizeBytes: 100 }] }),
  nodeObject('new-1', {
    createdAt: '2026-11-01T09:50:00Z',
    images: [{ names: [idOf(fluentd, b)], sizeBytes: 101 }],
  }),
];

function splitIn(objects: readonly object[], facts: Partial<SkewFacts> = {}): Split {
  const snapshot = snapshotOf(...objects);
  const [split] = decideSkew(snapshot, listRunning(snapshot, pullHistoryOf(snapshot)), {
    ...noFacts,
    ...facts,
  }).splits;
  assert.ok(split !== undefined);
  return split;
}

function published(now: Published): Partial<SkewFacts> {
  return { published: new Map([[key, now]]) };
}

/** Sentences expected among those said. */
type Said = {
  readonly name: string;
  readonly split: () => Split;
  readonly why?: RegExp;
  readonly doNow?: RegExp;
};

const said: readonly Said[] = [
  {
    name: 'tells which pods fail on which content',
    split: () => splitIn(incident),
    why: /^One tag, 2 contents: 2 pods on old-1 run sha256:a1a1a1a1a1a1 and work; 1 pod on new-1 runs sha256:b2b2b2b2b2b2 and fails\.$/m,
  },
  {
    name: 'names the node whose pods fail exactly',
    split: () => splitIn(incident),
    why: /^The failing pod is the only one of them on node new-1: fluentd-2\.$/m,
  },
  {
    name: 'names no node where another pod of it works',
    split: () => splitIn([...incident, pod(3, 'new-1', a)]),
    why: /^Failing: fluentd-2\.$/m,
  },
  {
    name: 'proves by pulls that the tag was pushed anew',
    split: () =>
      splitIn([
        ...incident,
        pulledEvent('fluentd-0', 'old-1', '2026-11-01T09:59:10Z'),
        pulledEvent('fluentd-2', 'new-1', '2026-11-01T09:59:40Z'),
      ]),
    why: /^sha256:a1a1a1a1a1a1 was pulled last at 2026-11-01T09:59:10Z \(old-1\), sha256:b2b2b2b2b2b2 first at 2026-11-01T09:59:40Z \(new-1\): the tag was pushed anew in between\.$/m,
  },
  {
    name: 'suspects it from the age of the nodes, where events are gone',
    split: () => splitIn(incident),
    why: /new-1 at 2026-11-01T09:50:00Z\) than those that run sha256:a1a1a1a1a1a1 \(old-1 until 2026-10-01T00:00:00Z\): the tag was probably pushed anew/,
  },
  {
    name: 'tells what the ledger saw',
    split: () =>
      splitIn(incident, {
        moves: new Map([
          [
            key,
            [
              {
                repository: reference.repository,
                tag: parseTag('v1.16-4.11-full'),
                from: a,
                to: b,
                lastSeenAt: Date.UTC(2026, 9, 1),
                noticedAt: Date.UTC(2026, 9, 2),
                source: 'scan' as const,
              },
            ],
          ],
        ]),
      }),
    why: /^The ledger saw the tag move from sha256:a1a1a1a1a1a1 to sha256:b2b2b2b2b2b2 between 2026-10-01T00:00:00Z and 2026-10-02T00:00:00Z\.$/m,
  },
  {
    name: 'tells different sizes for proof',
    split: () => splitIn(incident),
    why: /different sizes \(100 and 101 bytes\)/,
  },
  {
    name: 'tells equal sizes for doubt',
    split: () =>
      splitIn([
        pod(0, 'old-1', a),
        pod(1, 'new-1', b),
        nodeObject('old-1', { images: [{ names: [idOf(fluentd, a)], sizeBytes: 7 }] }),
        nodeObject('new-1', { images: [{ names: [idOf(fluentd, b)], sizeBytes: 7 }] }),
      ]),
    why: /the same size: they may be two names of one image/,
  },
  {
    name: 'tells why it does not know what is published',
    split: () => splitIn(incident, published({ kind: 'unknown', reason: '--offline was given' })),
    why: /^What the tag names in the registry now is unknown: --offline was given\.$/m,
  },
  {
    name: 'tells that the published content is the one that fails',
    split: () => splitIn(incident, published({ kind: 'digest', digest: b })),
    why: /^The registry serves sha256:b2b2b2b2b2b2 for the tag now, which fails here\.$/m,
  },
  {
    name: 'tells that the tag moved again',
    split: () =>
      splitIn(incident, published({ kind: 'digest', digest: parseDigest(`sha256:${'c3'.repeat(32)}`) })),
    why: /which none of these pods runs: the tag moved again/,
  },
  {
    name: 'tells that the tag is gone',
    split: () => splitIn(incident, published({ kind: 'absent' })),
    why: /^The registry says that it has no such tag\.\n.*cannot start a pod at all\.$/m,
  },
  {
    name: 'says to pin the content that works, in the spelling of the pods',
    split: () => splitIn(incident),
    doNow: new RegExp(
      `^Pin the content that works, sha256:a1a1a1a1a1a1: kubectl -n logging set image statefulset/platform-fluentd app=${fluentd}@${digestA}$`,
      'm',
    ),
  },
  {
    name: 'says to delete the failing pods of a StatefulSet that goes in order',
    split: () => splitIn([...incident, statefulSet()]),
    doNow: /kubectl -n logging delete pod fluentd-2$/m,
  },
  {
    name: 'says who would undo a change',
    split: () =>
      splitIn([
        ...incident,
        statefulSet({
          ownerReferences: [
            {
              apiVersion: 'logging.banzaicloud.io/v1beta1',
              kind: 'Logging',
              name: 'platform',
              controller: true,
            },
          ],
        }),
      ]),
    doNow:
      /^Pin .*; Logging logging\/platform manages StatefulSet logging\/platform-fluentd and would undo a change of it, so set the image there: # in container app: image: /m,
  },
  {
    name: 'says what applies it from outside',
    split: () => splitIn([...incident, statefulSet({ labels: { 'app.kubernetes.io/managed-by': 'Helm' } })]),
    doNow: /where Helm takes it from/,
  },
  {
    name: 'names the fixed tag of the build',
    split: () =>
      splitIn(incident, {
        siblings: new Map([[contentKey(reference.repository, a), parseTag('v1.16-4.11-full-build.169')]]),
      }),
    doNow: /which does not move: ghcr\.io\/kube-logging\/fluentd:v1\.16-4\.11-full-build\.169/,
  },
  {
    name: 'tells which content the registry does not have',
    split: () => splitIn(incident, { served: new Map([[contentKey(reference.repository, b), false]]) }),
    why: /^The registry does not have sha256:b2b2b2b2b2b2: it was deleted there, or loaded on the nodes from a file\.$/m,
  },
  {
    name: 'warns where the registry lost the content that works',
    split: () => splitIn(incident, { served: new Map([[contentKey(reference.repository, a), false]]) }),
    doNow: /The registry no longer has it: push it back from old-1/,
  },
  {
    name: 'advises to decide where everything works, the published one before the usual one',
    split: () =>
      splitIn([pod(0, 'n1', a), pod(1, 'n1', a), pod(2, 'n2', b)], published({ kind: 'digest', digest: b })),
    doNow: /decide which one is meant and pin it: sha256:b2b2b2b2b2b2 is what the registry serves now/,
  },
  {
    name: 'advises to look where nothing works',
    split: () => splitIn([pod(0, 'n1', a, crashing), pod(1, 'n2', b, crashing)]),
    doNow:
      /may not be the only cause[^]*logs fluentd-0 -c app --previous[^]*logs fluentd-1 -c app --previous/,
  },
  {
    name: 'advises what fails far less often',
    split: () =>
      splitIn([pod(0, 'n1', a), pod(1, 'n1', a), pod(2, 'n1', a, crashing), pod(3, 'n2', b, crashing)]),
    doNow: /Pin the content that fails least \(1 of 3 pods\), sha256:a1a1a1a1a1a1/,
  },
  {
    name: 'gives no command for a kind that kubectl cannot set an image of',
    split: () =>
      splitIn(
        incident.map(
          (one) =>
            JSON.parse(
              JSON.stringify(one)
                .replaceAll('"StatefulSet"', '"Rollout"')
                .replaceAll('apps/v1', 'argoproj.io/v1alpha1'),
            ) as object,
        ),
      ),
    doNow: /sha256:a1a1a1a1a1a1 in Rollout logging\/platform-fluentd: # in container app: image: /,
  },
];

describe('explaining a split', () => {
  for (const { name, split, why, doNow } of said) {
    it(name, () => {
      const { why: sentences, doNow: advice } = split();
      if (why !== undefined) assert.match(sentences.join('\n'), why);
      if (doNow !== undefined) {
        assert.match(
          advice
            .map(({ text, command }) => (command === undefined ? text : `${text}: ${command}`))
            .join('\n'),
          doNow,
        );
      }
    });
  }
});
