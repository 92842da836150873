import type { EpochMs } from '../clock.ts';
import type { ObjectReference, PullPolicy } from '../cluster/snapshot.ts';
import type { Problem } from '../findings/finding.ts';
import type { Digest } from '../reference/digest.ts';
import type { Reference } from '../reference/reference.ts';

/** What `skew` says of a cluster. Every container looked at is in `counts`, and nothing is left unsaid. */
export type SkewReport = {
  /** Tags that run with more than one content. */
  readonly splits: readonly Split[];
  /** Splits that will appear: the tag moved, or a node holds another content of it. */
  readonly latent: readonly LatentSkew[];
  /** Containers whose content nobody can tell, by tag and reason. */
  readonly unknown: readonly UnknownContent[];
  /** Containers whose image cannot be had, by reference and cause. */
  readonly pullFailures: readonly PullFailure[];
  /** What could not be looked at. */
  readonly problems: readonly Problem[];
  readonly counts: SkewCounts;
};

export type SkewCounts = {
  readonly pods: number;
  readonly nodes: number;
  readonly containers: number;
  /** Different references that pods declare. */
  readonly references: number;
};

export type Split = {
  /** As most pods spell it. */
  readonly reference: Reference;
  /** Working ones first. */
  readonly contents: readonly SplitContent[];
  readonly workloads: readonly WorkloadUse[];
  readonly published: Published;
  /** Why it is so, and then what to do: plain sentences. */
  readonly why: readonly string[];
  readonly doNow: readonly Advice[];
};

export type SplitContent = {
  /** The one to name it by: the index where one is known, otherwise what most pods report. */
  readonly digest: Digest;
  /** Other digests of the same content that pods report. */
  readonly alsoReportedAs: readonly Digest[];
  /** How many of its pods fail. */
  readonly failing: number;
  readonly pods: readonly SplitPod[];
  readonly nodes: readonly string[];
  /** First and last successful pull of it that events still tell. */
  readonly firstPulledAt: EpochMs | undefined;
  readonly lastPulledAt: EpochMs | undefined;
  /** Whether the tag names it now; undefined where the registry was not asked or did not answer. */
  readonly isPublished: boolean | undefined;
};

export type PodPlace = {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | undefined;
};

export type SplitPod = PodPlace & {
  readonly container: string;
  readonly workload: ObjectReference;
  readonly failure: string | undefined;
  readonly restarts: number;
  readonly startedAt: EpochMs | undefined;
  readonly pulledAt: EpochMs | undefined;
};

export type WorkloadUse = {
  readonly workload: ObjectReference;
  /** Containers of it that use the reference. */
  readonly containers: readonly string[];
  /** The object above it, e.g. an operator's custom resource, which undoes a change made here at once. */
  readonly operator: string | undefined;
  /** What applies it from outside (Helm, Flux, Argo CD), and undoes a change some time later. */
  readonly appliedBy: string | undefined;
  readonly podManagementPolicy: string | undefined;
  /** Pods of it that fail. */
  readonly failing: number;
  readonly pods: number;
};

/** What the registry serves for a tag now. */
export type Published =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

export type Advice = { readonly text: string; readonly command: string | undefined };

export type LatentSkew = {
  readonly reference: Reference;
  readonly running: readonly Digest[];
  readonly cause:
    | { readonly kind: 'moved'; readonly published: Digest }
    | { readonly kind: 'gone' }
    | {
        readonly kind: 'cached';
        readonly nodes: readonly { readonly node: string; readonly digest: Digest }[];
      };
  readonly pullPolicies: readonly PullPolicy[];
  readonly workloads: readonly ObjectReference[];
  /** Which pod will run what, and when. */
  readonly prediction: string;
};

export type UnknownContent = {
  /** As written in the spec. */
  readonly reference: string;
  readonly reason: string;
  readonly pods: readonly PodPlace[];
};

export type PullFailure = {
  readonly reference: string;
  /** The kubelet's word, e.g. `ImagePullBackOff`. */
  readonly reason: string;
  /** What it means, in a sentence. */
  readonly explanation: string;
  /** The runtime's own words. */
  readonly message: string;
  readonly pods: readonly PodPlace[];
  readonly workloads: readonly ObjectReference[];
};
