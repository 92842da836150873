import {
  countAt,
  type ForeignObject,
  instantAt,
  isForeignObject,
  nameAt,
  objectAt,
  objectsAt,
  textAt,
  textsAt,
} from './foreign-value.ts';
import { parseRuntimeImage } from './runtime-image.ts';
import type {
  Container,
  ContainerRole,
  ContainerState,
  ImageEvent,
  Node,
  ObjectReference,
  Pod,
  PullPolicy,
  Termination,
  Workload,
} from './snapshot.ts';

/** A pod before its owners are known, with the direct one. */
export type ReadPod = Omit<Pod, 'workload'> & {
  readonly owner: ObjectReference | undefined;
  /** The hash a Deployment writes into the names of its ReplicaSets and the labels of their pods. */
  readonly templateHash: string | undefined;
};

/** Most containers, images and owners taken from one object: far above any real one, far below what hurts. */
const entriesMax = 1000;

/** Undefined where it has no usable name. */
export function readPod(object: ForeignObject): ReadPod | undefined {
  const metadata = objectAt(object, 'metadata');
  const name = nameAt(metadata, 'name');
  if (name === undefined) return undefined;
  const spec = objectAt(object, 'spec');
  const status = objectAt(object, 'status');
  const namespace = nameAt(metadata, 'namespace') ?? 'default';
  return {
    namespace,
    name,
    node: nameAt(spec, 'nodeName'),
    phase: textAt(status, 'phase'),
    createdAt: instantAt(metadata, 'creationTimestamp'),
    isTerminating: instantAt(metadata, 'deletionTimestamp') !== undefined,
    owner: readOwner(metadata, namespace),
    templateHash: nameAt(objectAt(metadata, 'labels'), 'pod-template-hash'),
    containers: [
      ...readContainers(spec, status, 'container'),
      ...readContainers(spec, status, 'init'),
      ...readContainers(spec, status, 'ephemeral'),
    ],
  };
}

const containerKeys: Readonly<Record<ContainerRole, readonly [spec: string, status: string]>> = {
  container: ['containers', 'containerStatuses'],
  init: ['initContainers', 'initContainerStatuses'],
  ephemeral: ['ephemeralContainers', 'ephemeralContainerStatuses'],
};

function readContainers(spec: ForeignObject, status: ForeignObject, role: ContainerRole): Container[] {
  const [specKey, statusKey] = containerKeys[role];
  const statuses = new Map(
    objectsAt(status, statusKey)
      .slice(0, entriesMax)
      .map((one) => [nameAt(one, 'name'), one]),
  );
  const containers: Container[] = [];
  for (const one of objectsAt(spec, specKey).slice(0, entriesMax)) {
    const name = nameAt(one, 'name');
    const image = textAt(one, 'image');
    if (name === undefined || image === undefined) continue;
    const found = statuses.get(name) ?? {};
    containers.push({
      name,
      role,
      image,
      pullPolicy: readPullPolicy(textAt(one, 'imagePullPolicy')),
      running: parseRuntimeImage(textAt(found, 'imageID') ?? ''),
      state: readState(objectAt(found, 'state')),
      lastTermination: readTermination(objectAt(found, 'lastState')),
      restarts: countAt(found, 'restartCount') ?? 0,
      isReady: found['ready'] === true,
    });
  }
  return containers;
}

function readPullPolicy(text: string | undefined): PullPolicy | undefined {
  return text === 'Always' || text === 'IfNotPresent' || text === 'Never' ? text : undefined;
}

function readState(state: ForeignObject): ContainerState {
  const termination = readTermination(state);
  if (termination !== undefined) return { kind: 'terminated', termination };
  if (isForeignObject(state['running'])) {
    return { kind: 'running', startedAt: instantAt(objectAt(state, 'running'), 'startedAt') };
  }
  if (!isForeignObject(state['waiting'])) return { kind: 'none' };
  const waiting = objectAt(state, 'waiting');
  return {
    kind: 'waiting',
    reason: textAt(waiting, 'reason') ?? 'Waiting',
    message: textAt(waiting, 'message') ?? '',
  };
}

function readTermination(state: ForeignObject): Termination | undefined {
  if (!isForeignObject(state['terminated'])) return undefined;
  const terminated = objectAt(state, 'terminated');
  return {
    exitCode: countAt(terminated, 'exitCode') ?? 0,
    reason: textAt(terminated, 'reason') ?? '',
    startedAt: instantAt(terminated, 'startedAt'),
    finishedAt: instantAt(terminated, 'finishedAt'),
  };
}

export function readNode(object: ForeignObject): Node | undefined {
  const metadata = objectAt(object, 'metadata');
  const name = nameAt(metadata, 'name');
  if (name === undefined) return undefined;
  const status = objectAt(object, 'status');
  const info = objectAt(status, 'nodeInfo');
  const labels = objectAt(metadata, 'labels');
  return {
    name,
    createdAt: instantAt(metadata, 'creationTimestamp'),
    os: textAt(info, 'operatingSystem') ?? textAt(labels, 'kubernetes.io/os'),
    architecture: textAt(info, 'architecture') ?? textAt(labels, 'kubernetes.io/arch'),
    runtime: textAt(info, 'containerRuntimeVersion'),
    images: objectsAt(status, 'images')
      .slice(0, entriesMax)
      .map((image) => ({ names: textsAt(image, 'names'), sizeBytes: countAt(image, 'sizeBytes') })),
  };
}

/** Any object with a pod template: built-in or an operator's. Undefined for everything else. */
export function readWorkload(object: ForeignObject, kind: string): Workload | undefined {
  const metadata = objectAt(object, 'metadata');
  const name = nameAt(metadata, 'name');
  const spec = objectAt(object, 'spec');
  const template = objectAt(objectAt(spec, 'jobTemplate'), 'spec')['template'] ?? spec['template'];
  if (name === undefined || !isForeignObject(template) || kind === '') return undefined;
  const namespace = nameAt(metadata, 'namespace') ?? 'default';
  return {
    apiVersion: textAt(object, 'apiVersion') ?? '',
    kind,
    namespace,
    name,
    owner: readOwner(metadata, namespace),
    appliedBy: readAppliedBy(metadata),
    podManagementPolicy: textAt(spec, 'podManagementPolicy'),
  };
}

function readAppliedBy(metadata: ForeignObject): string | undefined {
  const labels = objectAt(metadata, 'labels');
  const annotations = objectAt(metadata, 'annotations');
  if ('kustomize.toolkit.fluxcd.io/name' in labels || 'helm.toolkit.fluxcd.io/name' in labels) return 'Flux';
  if ('argocd.argoproj.io/tracking-id' in annotations || 'argocd.argoproj.io/instance' in labels) {
    return 'Argo CD';
  }
  return labels['app.kubernetes.io/managed-by'] === 'Helm' ? 'Helm' : undefined;
}

/** The controller among the owners: the only one that recreates what it owns. */
function readOwner(metadata: ForeignObject, namespace: string): ObjectReference | undefined {
  const controller = objectsAt(metadata, 'ownerReferences')
    .slice(0, entriesMax)
    .find((owner) => owner['controller'] === true);
  if (controller === undefined) return undefined;
  const kind = nameAt(controller, 'kind');
  const name = nameAt(controller, 'name');
  if (kind === undefined || name === undefined) return undefined;
  return { apiVersion: textAt(controller, 'apiVersion') ?? '', kind, namespace, name };
}

/** Reasons the kubelet uses for images. Source: kubelet pkg/kubelet/events. */
const imageReasons: ReadonlySet<string> = new Set([
  'Pulling',
  'Pulled',
  'Failed',
  'BackOff',
  'InspectFailed',
  'ErrImageNeverPull',
]);

/** An event of core/v1 or events.k8s.io/v1 about a container's image; undefined for any other. */
export function readImageEvent(object: ForeignObject): ImageEvent | undefined {
  const reason = textAt(object, 'reason');
  const regarding = isForeignObject(object['regarding'])
    ? objectAt(object, 'regarding')
    : objectAt(object, 'involvedObject');
  const pod = nameAt(regarding, 'name');
  if (reason === undefined || !imageReasons.has(reason)) return undefined;
  if (pod === undefined || textAt(regarding, 'kind') !== 'Pod') return undefined;
  const metadata = objectAt(object, 'metadata');
  const series = objectAt(object, 'series');
  const firstAt =
    instantAt(object, 'firstTimestamp') ??
    instantAt(object, 'deprecatedFirstTimestamp') ??
    instantAt(object, 'eventTime') ??
    instantAt(metadata, 'creationTimestamp');
  return {
    namespace: nameAt(regarding, 'namespace') ?? nameAt(metadata, 'namespace') ?? 'default',
    pod,
    container: /\{([^{}]{1,253})\}/.exec(textAt(regarding, 'fieldPath') ?? '')?.[1],
    node:
      nameAt(objectAt(object, 'source'), 'host') ??
      nameAt(objectAt(object, 'deprecatedSource'), 'host') ??
      nameAt(object, 'reportingInstance'),
    reason,
    message: textAt(object, 'message') ?? textAt(object, 'note') ?? '',
    count: countAt(series, 'count') ?? countAt(object, 'count') ?? countAt(object, 'deprecatedCount') ?? 1,
    firstAt,
    lastAt:
      instantAt(series, 'lastObservedTime') ??
      instantAt(object, 'lastTimestamp') ??
      instantAt(object, 'deprecatedLastTimestamp') ??
      firstAt,
  };
}
