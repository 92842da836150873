/**
 * Room `cluster`: the third of the four places, what runs. A snapshot has one shape whether it was read from
 * a live cluster or from a dump. May import `reference`, `findings`, `oci` and rung 0.
 *
 * Invariants: what was not read is said to be missing, never taken for empty; every text from outside is cut
 * to a length and freed of control characters before anybody sees it; memory grows with what is kept of the
 * objects, not with their size.
 */
import type { EpochMs } from '../clock.ts';
import type { Problem } from '../findings/finding.ts';
import type { RuntimeImage } from './runtime-image.ts';

/** A cluster at one time, as far as it was read. */
export type Snapshot = {
  /** When it was taken: now for a live cluster, the newest instant found in a dump. Absent: no instant in it. */
  readonly takenAt: EpochMs | undefined;
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** Objects with a pod template. */
  readonly workloads: readonly Workload[];
  /** Events about the images of pods, oldest first. */
  readonly events: readonly ImageEvent[];
  /** Which kinds were read at all: false means unknown, not none. */
  readonly coverage: Coverage;
  /** Objects and parts that could not be read. */
  readonly problems: readonly Problem[];
};

/**
 * Whether every pod that was there to be read was read: otherwise "found nothing" is no answer. Kinds that are
 * missing as a whole do not count here, see {@link Coverage}.
 */
export function isWholeRead({ problems }: Snapshot): boolean {
  return !problems.some(({ code }) => lossCodes.has(code));
}

const lossCodes: ReadonlySet<string> = new Set([
  'SNAPSHOT_UNREADABLE',
  'SNAPSHOT_TOO_LARGE',
  'OBJECT_UNREADABLE',
]);

export type Coverage = {
  readonly pods: boolean;
  readonly nodes: boolean;
  readonly events: boolean;
  readonly workloads: boolean;
};

export type ObjectReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
};

export type Pod = {
  readonly namespace: string;
  readonly name: string;
  /** Absent while the pod is not scheduled. */
  readonly node: string | undefined;
  readonly phase: string | undefined;
  readonly createdAt: EpochMs | undefined;
  readonly isTerminating: boolean;
  /** What a person would change: the Deployment above the ReplicaSet, the CronJob above the Job, or the pod itself. */
  readonly workload: ObjectReference;
  readonly containers: readonly Container[];
};

export type ContainerRole = 'container' | 'init' | 'ephemeral';
export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export type Container = {
  readonly name: string;
  readonly role: ContainerRole;
  /** The reference in the pod's spec. Never the status's: a runtime may report another name of the same content. */
  readonly image: string;
  readonly pullPolicy: PullPolicy | undefined;
  /** What the runtime says it runs. Absent while nothing was started. */
  readonly running: RuntimeImage | undefined;
  readonly state: ContainerState;
  readonly lastTermination: Termination | undefined;
  readonly restarts: number;
  readonly isReady: boolean;
};

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAt: EpochMs | undefined }
  | { readonly kind: 'terminated'; readonly termination: Termination }
  /** No status was written yet. */
  | { readonly kind: 'none' };

export type Termination = {
  readonly exitCode: number;
  readonly reason: string;
  readonly startedAt: EpochMs | undefined;
  readonly finishedAt: EpochMs | undefined;
};

export type Workload = ObjectReference & {
  /** The controller above it, e.g. the custom resource of an operator, which would undo a change made here. */
  readonly owner: ObjectReference | undefined;
  /** What applies it from outside: Helm, Flux or Argo CD, read from its labels. */
  readonly appliedBy: string | undefined;
  /** StatefulSet: `OrderedReady` waits for a broken pod before it replaces any. */
  readonly podManagementPolicy: string | undefined;
};

export type Node = {
  readonly name: string;
  readonly createdAt: EpochMs | undefined;
  readonly os: string | undefined;
  readonly architecture: string | undefined;
  /** e.g. `containerd://1.6.20`. */
  readonly runtime: string | undefined;
  /**
   * Images in the runtime's store. The kubelet lists at most 50 of them, largest first, with at most five
   * names each, so that an absent name proves nothing. Source: kubelet nodestatus, MaxNamesPerImageInNodeStatus.
   */
  readonly images: readonly NodeImage[];
};

export type NodeImage = {
  /** Tags and digests by which the node knows one and the same image. */
  readonly names: readonly string[];
  readonly sizeBytes: number | undefined;
};

/** What the kubelet reported about an image of one container, e.g. `Pulled`, `Failed`, `BackOff`. */
export type ImageEvent = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
  readonly node: string | undefined;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstAt: EpochMs | undefined;
  readonly lastAt: EpochMs | undefined;
};
