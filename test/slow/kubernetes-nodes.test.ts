import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Digest } from '../../src/reference/digest.ts';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { type ApiServer, findApiServerTools, startApiServer } from '../kubernetes/api-server.ts';
import { pushBusyboxImage } from '../kubernetes/busybox-image.ts';
import { startControlPlane } from '../kubernetes/control-plane.ts';
import { findNodeTools, type KubernetesNode, startNode } from '../kubernetes/node.ts';
import { removeLostNodes } from '../kubernetes/node-folder.ts';
import { addServiceAccount } from '../kubernetes/service-account.ts';
import { findTool, runTool } from '../tools.ts';

const tools = await findApiServerTools();
const nodeTools = await findNodeTools();

const repository = 'kube-logging/fluentd';
const tag = 'v1.16-4.11-full';
const bin = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

/** Between two looks at what the nodes do. */
const lookMs = 250;

/** Before nodes that do not do it are given up: pods start, or fail twice, within some 15 s. */
const podsMs = 120_000;

/** Of everything together: it takes some 20 s. */
const suiteMs = 300_000;

/** The part of the report that is promised. */
type Report = {
  readonly splits: readonly {
    readonly reference: string;
    readonly contents: readonly {
      readonly digest: string;
      readonly failing: number;
      readonly pods: readonly { readonly namespace: string; readonly name: string; readonly node: string }[];
    }[];
    readonly workloads: readonly {
      readonly kind: string;
      readonly namespace: string;
      readonly name: string;
    }[];
    readonly published: string | null;
    readonly explanation: string;
  }[];
};

type PodStatus = {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number }[];
  };
};

describe('a tag that was pushed twice, on two real nodes', {
  skip: tools.missing || nodeTools.missing,
  timeout: suiteMs,
}, () => {
  const started: (() => Promise<void>)[] = [];
  const nodes: KubernetesNode[] = [];
  let registry: RegistryServer;
  let server: ApiServer;
  let reader: string;
  let works: Digest;
  let fails: Digest;

  before(async () => {
    await removeLostNodes();
    registry = await startRegistryServer();
    started.push(() => registry.close());
    server = await startApiServer(tools);
    started.push(() => server.stop());
    started.push(await startControlPlane(nodeTools, server));
    reader = await addServiceAccount(server, {
      namespace: 'holdfast',
      name: 'reader',
      rules: [
        { apiGroups: [''], resources: ['pods', 'nodes', 'events'], verbs: ['list'] },
        {
          apiGroups: ['apps', 'batch'],
          resources: ['replicasets', 'deployments', 'statefulsets', 'daemonsets', 'jobs', 'cronjobs'],
          verbs: ['list'],
        },
      ],
    });
    await push('pause', 'latest', 'trap exit TERM; while true; do sleep 1; done');
  });

  after(async () => {
    for (const stop of started.toReversed()) await stop();
    for (const { folder } of nodes) assert.ok(!existsSync(folder));
  });

  it('runs the first content on the node that was there', async () => {
    works = await push(repository, tag, 'trap exit TERM; while true; do sleep 1; done');
    await addNode('real1', 2);
    await server.kubectl(['create', 'namespace', 'logging']);
    await server.kubectl(['apply', '--filename=-'], { stdin: JSON.stringify(fluentd(2)) });
    await until((pods) => pods.length === 2 && pods.every(isReady));
  });

  it('runs the second content on a node that comes later, where it fails', async () => {
    fails = await push(repository, tag, 'echo the plugin cannot be loaded >&2; exit 1');
    assert.notEqual(fails, works);
    await addNode('real2', 10);
    await server.kubectl(['scale', 'statefulset/platform-fluentd', '--namespace=logging', '--replicas=5']);
    const pods = await until((all) => all.length === 5 && all.every((pod) => isReady(pod) || hasFailed(pod)));
    assert.deepEqual(
      pods.filter(hasFailed).map((pod) => [pod.metadata.name, pod.spec.nodeName]),
      ['platform-fluentd-2', 'platform-fluentd-3', 'platform-fluentd-4'].map((name) => [name, 'real2']),
    );
  });

  it('is explained by skew: the workload, both digests, and exactly the pods that fail', async () => {
    const { status, stdout, stderr } = await runSkew('--output', 'json');
    assert.equal(status, 1, stderr);
    const { splits } = JSON.parse(stdout) as Report;
    assert.equal(splits.length, 1);
    const [split] = splits;
    assert.equal(split?.reference, `${registry.host}/${repository}:${tag}`);
    assert.partialDeepStrictEqual(split.workloads, [
      { kind: 'StatefulSet', namespace: 'logging', name: 'platform-fluentd' },
    ]);
    const pod = (index: number, node: string) => ({
      namespace: 'logging',
      name: `platform-fluentd-${index}`,
      node,
    });
    assert.partialDeepStrictEqual(
      split.contents.toSorted((one, other) => one.failing - other.failing),
      [
        { digest: works, failing: 0, pods: [pod(0, 'real1'), pod(1, 'real1')] },
        { digest: fails, failing: 3, pods: [pod(2, 'real2'), pod(3, 'real2'), pod(4, 'real2')] },
      ],
    );
    assert.equal(split.published, fails);
    assert.match(split.explanation, /real2/);
  });

  it('is told to a person with the command that mends it', async () => {
    const { stdout } = await runSkew();
    assert.match(stdout, /kubectl -n logging set image statefulset\/platform-fluentd/);
    assert.ok(stdout.includes(works) && stdout.includes(fails));
  });

  function push(into: string, as: string, script: string): Promise<Digest> {
    return pushBusyboxImage({ host: registry.host, repository: into, tag: as, script });
  }

  async function addNode(name: string, podsMax: number): Promise<void> {
    const node = await startNode(nodeTools, server, {
      name,
      pauseImage: `${registry.host}/pause:latest`,
      podsMax,
    });
    nodes.push(node);
    started.push(() => node.stop());
  }

  function fluentd(replicas: number): object {
    const labels = { app: 'platform-fluentd' };
    const container = {
      name: 'fluentd',
      image: `${registry.host}/${repository}:${tag}`,
      imagePullPolicy: 'IfNotPresent',
    };
    return {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'platform-fluentd', namespace: 'logging' },
      spec: {
        replicas,
        serviceName: 'platform-fluentd',
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [container],
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 1,
          },
        },
      },
    };
  }

  async function until(isSo: (pods: readonly PodStatus[]) => boolean): Promise<readonly PodStatus[]> {
    for (const deadline = Date.now() + podsMs; ; ) {
      const text = await server.kubectl(['get', 'pods', '--namespace=logging', '--output=json']);
      const { items } = JSON.parse(text) as { readonly items: readonly PodStatus[] };
      if (isSo(items)) return items;
      if (Date.now() > deadline) {
        throw new Error(await server.kubectl(['describe', 'pods', '--namespace=logging']));
      }
      await pause(lookMs);
    }
  }

  function runSkew(...words: readonly string[]) {
    const node = findTool('node', [fileURLToPath(new URL('.', `file://${process.execPath}`))]);
    const env = { PATH: process.env['PATH'], HOME: server.folder, KUBECONFIG: server.kubeconfig(reader) };
    return runTool(node, [bin, 'skew', '--context', reader, ...words], { env, cwd: server.folder });
  }
});

function isReady({ status }: PodStatus): boolean {
  return status.containerStatuses?.every((one) => one.ready) === true;
}

function hasFailed({ status }: PodStatus): boolean {
  return status.containerStatuses?.some((one) => one.restartCount > 0 && !one.ready) === true;
}
