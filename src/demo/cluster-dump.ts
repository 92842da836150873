import { type EpochMs, formatInstant } from '../clock.ts';
import type { Digest } from '../reference/digest.ts';

export type ClusterFacts = {
  readonly registry: string;
  readonly tag: string;
  readonly good: Digest;
  readonly bad: Digest;
  /** The dump's "now". */
  readonly now: EpochMs;
};

const replicas = 5;
/** Pods 0 and 1 run since the first day on the old node; the rest came with the node added later. */
const podsOnOldNode = 2;
const minuteMs = 60_000;

/** What `kubectl get nodes,pods,statefulsets,events -A -o json` prints after the incident. */
export function clusterDump(facts: ClusterFacts): string {
  const pods = Array.from({ length: replicas }, (_, index) => index);
  const items = [
    node('node-1', facts, facts.good),
    node('node-2', facts, facts.bad),
    statefulSet(facts),
    ...pods.map((index) => pod(index, facts)),
    ...pods.map((index) => pulledEvent(index, facts)),
  ];
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`;
}

function node(name: string, { registry, tag, now }: ClusterFacts, digest: Digest): object {
  const repository = `${registry}/kube-logging/fluentd`;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, creationTimestamp: formatInstant(now - (name === 'node-1' ? 9000 : 20) * minuteMs) },
    status: {
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        containerRuntimeVersion: 'containerd://2.1.4',
      },
      images: [{ names: [`${repository}@${digest}`, `${repository}:${tag}`], sizeBytes: 61_204_480 }],
    },
  };
}

function statefulSet({ registry, tag }: ClusterFacts): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'platform-fluentd', namespace: 'logging', uid: 'b0c1' },
    spec: {
      replicas,
      template: { spec: { containers: [container(registry, tag)] } },
    },
    status: { replicas, readyReplicas: podsOnOldNode },
  };
}

function pod(index: number, facts: ClusterFacts): object {
  const isOld = index < podsOnOldNode;
  const startedAt = formatInstant(facts.now - (isOld ? 8990 : 15) * minuteMs);
  const image = `${facts.registry}/kube-logging/fluentd:${facts.tag}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(index),
      namespace: 'logging',
      uid: `pod-${index}`,
      creationTimestamp: startedAt,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: 'platform-fluentd',
          uid: 'b0c1',
          controller: true,
        },
      ],
    },
    spec: { nodeName: nodeOf(index), containers: [container(facts.registry, facts.tag)] },
    status: {
      phase: 'Running',
      startTime: startedAt,
      containerStatuses: [
        {
          name: 'fluentd',
          image,
          imageID: `${facts.registry}/kube-logging/fluentd@${isOld ? facts.good : facts.bad}`,
          ready: isOld,
          restartCount: isOld ? 0 : 6 + index,
          state: isOld ? { running: { startedAt } } : crashLoop(index),
          ...(isOld ? {} : { lastState: { terminated: { exitCode: 1, reason: 'Error', message: badUri } } }),
        },
      ],
    },
  };
}

const badUri = "config error: bad URI (is not URI?): 'http://:::24231'";

function crashLoop(index: number): object {
  const message = `back-off 5m0s restarting failed container=fluentd pod=${podName(index)}_logging(pod-${index})`;
  return { waiting: { reason: 'CrashLoopBackOff', message } };
}

function pulledEvent(index: number, { registry, tag, now }: ClusterFacts): object {
  const at = formatInstant(now - (index < podsOnOldNode ? 8990 : 15) * minuteMs);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${podName(index)}.pulled`, namespace: 'logging' },
    involvedObject: {
      kind: 'Pod',
      namespace: 'logging',
      name: podName(index),
      fieldPath: 'spec.containers{fluentd}',
    },
    reason: 'Pulled',
    type: 'Normal',
    message: `Successfully pulled image "${registry}/kube-logging/fluentd:${tag}" in 2.1s (2.1s including waiting). Image size: 61204480 bytes.`,
    source: { component: 'kubelet', host: nodeOf(index) },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}

function container(registry: string, tag: string): object {
  return {
    name: 'fluentd',
    image: `${registry}/kube-logging/fluentd:${tag}`,
    imagePullPolicy: 'IfNotPresent',
  };
}

function podName(index: number): string {
  return `platform-fluentd-${index}`;
}

function nodeOf(index: number): string {
  return index < podsOnOldNode ? 'node-1' : 'node-2';
}
