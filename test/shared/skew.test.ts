import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDump } from '../../src/cluster/read-dump.ts';
import { findSkew } from '../../src/skew/find-skew.ts';
import { sharedInput } from './inputs.ts';

const { path: dump, missing } = sharedInput('corpus/clusters/one-tag-two-digests.json');

describe('the first incident, re-enacted on real nodes', { skip: missing }, () => {
  it('is told from its dump alone', async () => {
    const { report } = await findSkew(await readDump(dump));
    assert.equal(report.splits.length, 1);
    const [split] = report.splits;
    assert.equal(split?.reference.original, '127.0.0.1:5055/kube-logging/fluentd:v1.16-4.11-full');
    assert.deepEqual(
      split?.workloads.map(({ workload }) => `${workload.kind} ${workload.namespace}/${workload.name}`),
      ['StatefulSet logging/platform-fluentd'],
    );
    assert.deepEqual(
      split?.contents.map(({ digest, failing, nodes, pods }) => [
        digest.slice(0, 15),
        failing,
        nodes.join(),
        pods.map((pod) => pod.name).join(),
      ]),
      [
        ['sha256:80aee850', 0, 'real1', 'platform-fluentd-0,platform-fluentd-1'],
        ['sha256:3a9d686e', 3, 'real2', 'platform-fluentd-2,platform-fluentd-3,platform-fluentd-4'],
      ],
    );
    assert.ok(
      split?.why.includes(
        'The failing pods are exactly those of node real2: platform-fluentd-2, platform-fluentd-3 and platform-fluentd-4.',
      ),
    );
    assert.match(
      split?.doNow[0]?.command ?? '',
      /^kubectl -n logging set image statefulset\/platform-fluentd fluentd=127\.0\.0\.1:5055\/kube-logging\/fluentd:v1\.16-4\.11-full@sha256:80aee850de87[0-9a-f]{52}$/,
    );
  });

  it('tells why the other pods have no image', async () => {
    const { report } = await findSkew(await readDump(dump));
    assert.deepEqual(
      report.pullFailures.map((one) => `${one.pods[0]?.name}: ${one.explanation.split(':', 1)[0]}`),
      [
        'invalid-name: the reference is not valid',
        'missing-tag: the registry has no such tag or repository',
        'never-pulled: imagePullPolicy is Never, and the node does not have the image',
        'no-registry: the node cannot resolve the name of the registry',
      ],
    );
  });

  it('finds no difference in an image that a node reports under the name of another repository', async () => {
    const { report } = await findSkew(await readDump(dump));
    assert.deepEqual(
      [...report.splits, ...report.latent].filter(({ reference }) =>
        reference.original.includes('fluent-bit'),
      ),
      [],
    );
    assert.ok(report.unknown.every(({ reason }) => !reason.includes('another repository')));
  });
});
