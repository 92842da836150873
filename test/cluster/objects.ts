/** Kubernetes objects as `kubectl -o json` writes them, cut to what a test is about. */
import type { Snapshot } from '../../src/cluster/snapshot.ts';
import { SnapshotBuilder } from '../../src/cluster/snapshot-builder.ts';

export const digestA = `sha256:${'a1'.repeat(32)}`;
export const digestB = `sha256:${'b2'.repeat(32)}`;
export const digestC = `sha256:${'c3'.repeat(32)}`;

export type PodOptions = {
  readonly name: string;
  readonly namespace?: string;
  readonly node?: string | undefined;
  readonly image?: string;
  /** As the runtime reports it; a bare digest of `image`'s name by default is up to the caller. */
  readonly imageId?: string;
  readonly policy?: string;
  readonly owner?: { readonly kind: string; readonly name: string; readonly apiVersion?: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly state?: unknown;
  readonly lastState?: unknown;
  readonly restarts?: number;
  readonly ready?: boolean;
  readonly role?: 'container' | 'init';
};

export const fluentd = 'ghcr.io/kube-logging/fluentd:v1.16-4.11-full';

/** `repository@digest`, as containerd reports it. */
export function idOf(image: string, digest: string): string {
  return `${image.replace(/:[^:/]*$/, '')}@${digest}`;
}

/** A pod that runs and is ready unless told otherwise. */
export function podObject(options: PodOptions): object {
  const { name, image = fluentd, role = 'container' } = options;
  const status = {
    name: 'app',
    image,
    imageID: options.imageId ?? '',
    ready: options.ready ?? true,
    restartCount: options.restarts ?? 0,
    state: options.state ?? { running: { startedAt: '2026-11-01T10:00:00Z' } },
    lastState: options.lastState ?? {},
  };
  const spec = { name: 'app', image, imagePullPolicy: options.policy ?? 'IfNotPresent' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: options.namespace ?? 'logging',
      creationTimestamp: '2026-11-01T09:59:00Z',
      labels: options.labels ?? {},
      ownerReferences:
        options.owner === undefined ? [] : [{ apiVersion: 'apps/v1', ...options.owner, controller: true }],
    },
    spec: {
      ...('node' in options ? { nodeName: options.node } : { nodeName: 'old-1' }),
      ...(role === 'init' ? { initContainers: [spec], containers: [] } : { containers: [spec] }),
    },
    status: {
      phase: options.phase ?? 'Running',
      ...(role === 'init' ? { initContainerStatuses: [status] } : { containerStatuses: [status] }),
    },
  };
}

/** The states of a container that cannot stay up. */
export const crashing = {
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
  lastState: {
    terminated: {
      exitCode: 1,
      reason: 'Error',
      startedAt: '2026-11-01T10:04:00Z',
      finishedAt: '2026-11-01T10:04:01Z',
    },
  },
  restarts: 4,
  ready: false,
} as const;

export function nodeObject(
  name: string,
  options: {
    readonly architecture?: string;
    readonly createdAt?: string;
    readonly images?: readonly { readonly names: readonly string[]; readonly sizeBytes?: number }[];
  } = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, creationTimestamp: options.createdAt ?? '2026-10-01T00:00:00Z' },
    status: {
      nodeInfo: {
        operatingSystem: 'linux',
        architecture: options.architecture ?? 'amd64',
        containerRuntimeVersion: 'containerd://1.7.0',
      },
      images: options.images ?? [],
    },
  };
}

export function pulledEvent(pod: string, node: string, at: string, image = fluentd): object {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${pod}.1`, namespace: 'logging' },
    involvedObject: { kind: 'Pod', namespace: 'logging', name: pod, fieldPath: 'spec.containers{app}' },
    reason: 'Pulled',
    message: `Successfully pulled image "${image}" in 27ms (73ms including waiting). Image size: 1146072 bytes.`,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    source: { component: 'kubelet', host: node },
  };
}

export function listOf(...items: readonly object[]): object {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } };
}

/** The snapshot of a dump that holds these objects. */
export function snapshotOf(...objects: readonly object[]): Snapshot {
  const builder = new SnapshotBuilder();
  for (const object of objects) builder.add(object);
  return builder.finish();
}
