import { type EpochMs, formatInstant } from '../../clock.ts';
import type { ObjectReference } from '../../cluster/snapshot.ts';
import type {
  LatentSkew,
  PodPlace,
  Published,
  SkewReport,
  Split,
  WorkloadUse,
} from '../../skew/skew-report.ts';

/** The report as `--output json` prints it. `splits` and `unknown` are promises: see docs/commands/skew.md. */
export function skewJson(report: SkewReport, takenAt: EpochMs | undefined): unknown {
  return {
    splits: report.splits.map(splitJson),
    unknown: report.unknown.map((one) => ({ ...one, pods: one.pods.map(placeJson) })),
    latent: report.latent.map(latentJson),
    pullFailures: report.pullFailures.map((one) => ({ ...one, pods: one.pods.map(placeJson) })),
    problems: report.problems,
    counts: report.counts,
    takenAt: instant(takenAt),
  };
}

function splitJson(split: Split): unknown {
  const { published } = split;
  return {
    reference: split.reference.original,
    contents: split.contents.map((content) => ({
      digest: content.digest,
      failing: content.failing,
      pods: content.pods.map((pod) => ({
        ...placeJson(pod),
        container: pod.container,
        failing: pod.failure !== undefined,
        failure: pod.failure ?? null,
        restarts: pod.restarts,
        startedAt: instant(pod.startedAt),
        pulledAt: instant(pod.pulledAt),
      })),
      nodes: content.nodes,
      alsoReportedAs: content.alsoReportedAs,
      firstPulledAt: instant(content.firstPulledAt),
      lastPulledAt: instant(content.lastPulledAt),
      isPublished: content.isPublished ?? null,
    })),
    workloads: split.workloads.map(workloadJson),
    published: published.kind === 'digest' ? published.digest : null,
    publishedReason: reasonOf(published),
    explanation: [...split.why, ...split.doNow.map(({ text, command }) => sentenceOf(text, command))].join(
      ' ',
    ),
    why: split.why,
    doNow: split.doNow.map(({ text, command }) => ({ text, command: command ?? null })),
  };
}

function placeJson({ namespace, name, node }: PodPlace): object {
  return { namespace, name, node: node ?? null };
}

function workloadJson(use: WorkloadUse): unknown {
  return {
    ...use.workload,
    containers: use.containers,
    managedBy: use.operator ?? use.appliedBy ?? null,
    pods: use.pods,
    failing: use.failing,
  };
}

function latentJson(latent: LatentSkew): unknown {
  const { cause } = latent;
  return {
    reference: latent.reference.original,
    cause: cause.kind,
    running: latent.running,
    published: cause.kind === 'moved' ? cause.published : null,
    nodes: cause.kind === 'cached' ? cause.nodes : [],
    pullPolicies: latent.pullPolicies,
    workloads: latent.workloads satisfies readonly ObjectReference[],
    prediction: latent.prediction,
  };
}

/** Why `published` is null; null itself where it is not. */
function reasonOf(published: Published): string | null {
  if (published.kind === 'digest') return null;
  return published.kind === 'absent' ? 'the registry says that it has no such tag' : published.reason;
}

function sentenceOf(text: string, command: string | undefined): string {
  return command === undefined ? `${text}.` : `${text}: ${command}`;
}

function instant(at: EpochMs | undefined): string | null {
  return at === undefined ? null : formatInstant(at);
}
