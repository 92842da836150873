import type { EpochMs } from '../clock.ts';
import type { Problem } from '../findings/finding.ts';
import { ClusterError } from './errors.ts';
import {
  cleanText,
  type ForeignObject,
  isForeignObject,
  objectAt,
  objectsAt,
  textAt,
} from './foreign-value.ts';
import { type ReadPod, readImageEvent, readNode, readPod, readWorkload } from './read-object.ts';
import type { ImageEvent, Node, ObjectReference, Pod, Snapshot, Workload } from './snapshot.ts';

/** Most objects of one kind kept: ten times the largest cluster Kubernetes is tested for (150,000 pods). */
const objectsMax = 1_500_000;

/** Most problems kept one by one. */
const problemsMax = 100;

/** Lists inside lists, as some tools write them; deeper ones are somebody's joke. */
const listDepthMax = 4;

type CoveredKind = 'pods' | 'nodes' | 'events' | 'workloads';

/**
 * Collects objects of any kind in any order, keeps what a snapshot needs, and finds each pod's workload when
 * it has seen all. An object seen twice counts once, the later one wins.
 */
export class SnapshotBuilder {
  readonly #pods = new Map<string, ReadPod>();
  readonly #nodes = new Map<string, Node>();
  readonly #workloads = new Map<string, Workload>();
  readonly #events = new Map<string, ImageEvent>();
  readonly #covered = new Set<CoveredKind>();
  readonly #problems: Problem[] = [];
  readonly #texts = new Map<string, string>();
  #newestAt: EpochMs | undefined;

  readonly dumpCommand =
    'kubectl get pods,nodes,events,replicasets,deployments,statefulsets,daemonsets,jobs,cronjobs -A -o json';

  /** How many objects with a name were taken, whatever their kind. */
  objectCount = 0;

  /**
   * Takes one object, or a list of them. `listKind` names the list it came from (`PodList`): its items need
   * not carry a kind of their own.
   */
  add(value: unknown, listKind = '', depth = 0): void {
    if (!isForeignObject(value)) return;
    const kind = textAt(value, 'kind') ?? (listKind.replace(/List$/, '') || inferKind(value));
    if (kind.endsWith('List') && Array.isArray(value['items'])) {
      this.cover(kind);
      if (depth >= listDepthMax) return;
      for (const item of value['items']) this.add(item, kind, depth + 1);
      return;
    }
    this.#addObject(value, kind);
  }

  /** A whole list of this kind was read, even if nothing was in it. */
  cover(listKind: string): void {
    const kind = coverage[listKind.replace(/List$/, '')];
    if (kind !== undefined) this.#covered.add(kind);
  }

  /** Drops all of one kind: its list begins again. */
  forget(kind: string): void {
    if (kind === 'Pod') this.#pods.clear();
    else if (kind === 'Node') this.#nodes.clear();
    else if (kind === 'Event') this.#events.clear();
    else for (const [key, one] of this.#workloads) if (one.kind === kind) this.#workloads.delete(key);
  }

  addProblem(problem: Problem): void {
    if (this.#problems.length < problemsMax) this.#problems.push(problem);
  }

  /** @param takenAt the time of a live read; a dump's is the newest instant in it */
  finish(takenAt?: EpochMs): Snapshot {
    return {
      takenAt: takenAt ?? this.#newestAt,
      pods: [...this.#pods.values()].map((pod) => this.#withWorkload(pod)),
      nodes: [...this.#nodes.values()],
      workloads: [...this.#workloads.values()],
      events: [...this.#events.values()].sort((a, b) => (a.lastAt ?? 0) - (b.lastAt ?? 0)),
      coverage: {
        pods: this.#covered.has('pods'),
        nodes: this.#covered.has('nodes'),
        events: this.#covered.has('events'),
        workloads: this.#covered.has('workloads'),
      },
      problems: this.#problems,
    };
  }

  #addObject(object: ForeignObject, kind: string): void {
    this.objectCount += 1;
    if (this.objectCount > objectsMax) {
      throw new ClusterError('SNAPSHOT_TOO_LARGE', `more than ${objectsMax} objects`, {
        hint: 'take the dump per namespace and look at one at a time',
      });
    }
    this.cover(kind);
    if (kind === 'Pod') this.#addPod(object);
    else if (kind === 'Node') this.#addNode(object);
    else if (kind === 'Event') this.#addEvent(object);
    else this.#addWorkload(object, kind);
  }

  #addPod(object: ForeignObject): void {
    const pod = readPod(object);
    if (pod === undefined) return this.#addNameless('pod', object);
    const containers = pod.containers.map((container) => ({
      ...container,
      image: this.#share(container.image),
    }));
    this.#pods.set(`${pod.namespace}/${pod.name}`, {
      ...pod,
      namespace: this.#share(pod.namespace),
      node: pod.node === undefined ? undefined : this.#share(pod.node),
      containers,
    });
    this.#see(pod.createdAt);
    for (const { state, lastTermination } of pod.containers) {
      if (state.kind === 'running') this.#see(state.startedAt);
      if (state.kind === 'terminated') this.#see(state.termination.finishedAt);
      this.#see(lastTermination?.finishedAt);
    }
  }

  #addNode(object: ForeignObject): void {
    const node = readNode(object);
    if (node === undefined) return this.#addNameless('node', object);
    this.#nodes.set(node.name, node);
    this.#see(node.createdAt);
  }

  #addEvent(object: ForeignObject): void {
    const event = readImageEvent(object);
    if (event === undefined) return;
    this.#see(event.lastAt);
    // Two APIs serve the same event, and a bundle may hold both: what it says is its identity.
    const { namespace, pod, container, reason, message, firstAt } = event;
    this.#events.set([namespace, pod, container, reason, firstAt, message].join('\n'), event);
  }

  #addWorkload(object: ForeignObject, kind: string): void {
    const workload = readWorkload(object, kind);
    if (workload !== undefined) this.#workloads.set(keyOf(workload), workload);
  }

  #addNameless(what: string, object: ForeignObject): void {
    const name = JSON.stringify(cleanText(String(objectAt(object, 'metadata')['name'])).slice(0, 80));
    this.addProblem({
      code: 'OBJECT_UNREADABLE',
      message: `a ${what} has no name that Kubernetes allows: ${name}`,
    });
  }

  /** Climbs from the pod to what a person would change. */
  #withWorkload(read: ReadPod): Pod {
    const { owner, templateHash, ...pod } = read;
    const self: ObjectReference = { apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name };
    // The owner of a static pod is its node, which nobody can change to another image.
    if (owner === undefined || owner.kind === 'Node') return { ...pod, workload: self };
    if (owner.kind !== 'ReplicaSet' && owner.kind !== 'Job') return { ...pod, workload: owner };
    const above = this.#workloads.get(keyOf(owner))?.owner;
    if (owner.kind === 'ReplicaSet') {
      return { ...pod, workload: above ?? deploymentOf(owner, templateHash) ?? owner };
    }
    return { ...pod, workload: above?.kind === 'CronJob' ? above : owner };
  }

  /** One string object for each text: image names repeat in every pod. */
  #share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }

  #see(at: EpochMs | undefined): void {
    if (at !== undefined && (this.#newestAt === undefined || at > this.#newestAt)) this.#newestAt = at;
  }
}

const coverage: Readonly<Record<string, CoveredKind | undefined>> = {
  Pod: 'pods',
  Node: 'nodes',
  Event: 'events',
  Deployment: 'workloads',
  StatefulSet: 'workloads',
  DaemonSet: 'workloads',
  ReplicaSet: 'workloads',
  Job: 'workloads',
  CronJob: 'workloads',
};

/** The Deployment whose ReplicaSet is not in the dump: it names it NAME-HASH and labels the pods with HASH. */
function deploymentOf(owner: ObjectReference, templateHash: string | undefined): ObjectReference | undefined {
  if (templateHash === undefined || !owner.name.endsWith(`-${templateHash}`)) return undefined;
  const name = owner.name.slice(0, -templateHash.length - 1);
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace: owner.namespace, name };
}

/** For lists whose items carry no kind and whose own kind stands behind them. */
function inferKind(object: ForeignObject): string {
  if ('involvedObject' in object || 'regarding' in object) return 'Event';
  if ('nodeInfo' in objectAt(object, 'status')) return 'Node';
  return objectsAt(objectAt(object, 'spec'), 'containers').length > 0 ? 'Pod' : '';
}

function keyOf({ kind, namespace, name }: ObjectReference): string {
  return `${kind}/${namespace}/${name}`;
}
