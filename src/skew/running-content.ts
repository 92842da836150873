import type { EpochMs } from '../clock.ts';
import { parseRepositoryDigest } from '../cluster/runtime-image.ts';
import type { Container, Node, Pod, Snapshot } from '../cluster/snapshot.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';
import { type Reference, tryParseReference } from '../reference/reference.ts';
import { repositoryName } from '../reference/repository.ts';
import { describeFailure, isPullFailure } from './container-health.ts';
import type { PullHistory } from './pull-history.ts';

/** One container and what it runs: the fact that everything else is decided from. */
export type RunningContainer = {
  readonly pod: Pod;
  readonly container: Container;
  /** Undefined where the spec's text is no reference. */
  readonly reference: Reference | undefined;
  readonly content: RunningContent;
  /** Formatted platform of its node; undefined where the node was not read. */
  readonly platform: string | undefined;
  /** Why it fails; undefined where it works. */
  readonly failure: string | undefined;
  readonly cannotPull: boolean;
  /** When its node pulled what it runs. */
  readonly pulledAt: EpochMs | undefined;
  readonly startedAt: EpochMs | undefined;
};

export type RunningContent =
  | {
      readonly kind: 'known';
      readonly digest: Digest;
      /**
       * The runtime gave a digest under another repository's name. It proves sameness, since equal digests
       * are equal bytes, but no difference: the same image may have another manifest over there.
       */
      readonly isForeign: boolean;
    }
  /** A config digest: loaded from a file, or a runtime that does not say which registry's digest it pulled. */
  | { readonly kind: 'side-loaded'; readonly imageId: Digest }
  | { readonly kind: 'unknown'; readonly reason: string };

export function listRunning(snapshot: Snapshot, pulls: PullHistory): readonly RunningContainer[] {
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const references = new Map<string, Reference | undefined>();
  const parse = (text: string): Reference | undefined => {
    if (!references.has(text)) references.set(text, tryParseReference(text));
    return references.get(text);
  };
  return snapshot.pods.flatMap((pod) => {
    const node = pod.node === undefined ? undefined : nodes.get(pod.node);
    return pod.containers
      .filter((container) => hasStory(pod, container))
      .map((container): RunningContainer => {
        const reference = parse(container.image);
        const startedAt = startOf(container);
        return {
          pod,
          container,
          reference,
          content: contentOf(container, reference, pod, node),
          platform: platformOf(node),
          failure: describeFailure(container, snapshot.takenAt),
          cannotPull: isPullFailure(container),
          pulledAt: pod.node === undefined ? undefined : pulls.findPull(pod.node, container.image, startedAt),
          startedAt,
        };
      });
  });
}

/** `linux/amd64`. */
function platformOf(node: Node | undefined): string | undefined {
  if (node?.os === undefined || node.architecture === undefined) return undefined;
  return formatPlatform({ os: node.os, architecture: node.architecture });
}

/** The digests by which a node's image is known, for one repository where any of its names is there. */
export function digestsOf(names: readonly string[], repository?: string): readonly Digest[] {
  const found = names.map(parseRepositoryDigest).filter((one) => one !== undefined);
  const wanted =
    repository === undefined ? found : found.filter((one) => repositoryName(one.repository) === repository);
  return [...new Set(wanted.map((one) => one.digest))];
}

/** A pod that ended before it started anything (evicted, out of resources) says nothing about images. */
function hasStory(pod: Pod, container: Container): boolean {
  const hasEnded = pod.phase === 'Succeeded' || pod.phase === 'Failed';
  return !hasEnded || container.running !== undefined;
}

function contentOf(
  container: Container,
  reference: Reference | undefined,
  pod: Pod,
  node: Node | undefined,
): RunningContent {
  const { running, state } = container;
  if (reference === undefined) return { kind: 'unknown', reason: 'the image is not a valid reference' };
  if (running === undefined) {
    if (pod.node === undefined) return { kind: 'unknown', reason: 'the pod is not scheduled to a node' };
    return {
      kind: 'unknown',
      reason: withoutImageId(state),
    };
  }
  if (running.kind === 'image-id') return { kind: 'side-loaded', imageId: running.digest };
  if (running.kind === 'unreadable') {
    return {
      kind: 'unknown',
      reason: `the runtime reports ${JSON.stringify(running.text)}, which is no digest`,
    };
  }
  const wanted = repositoryName(reference.repository);
  if (repositoryName(running.repository) === wanted) {
    return { kind: 'known', digest: running.digest, isForeign: false };
  }
  // containerd keeps one image under all its names and reports any of them: look up ours beside it.
  const stored = node?.images.find((image) =>
    image.names.some((name) => name.endsWith(`@${running.digest}`)),
  );
  const ours = digestsOf(stored?.names ?? [], wanted);
  if (ours.includes(running.digest)) return { kind: 'known', digest: running.digest, isForeign: false };
  const [own] = ours;
  if (own !== undefined && ours.length === 1) return { kind: 'known', digest: own, isForeign: false };
  return { kind: 'known', digest: running.digest, isForeign: true };
}

/** A container runs for a moment before its runtime says what. */
function withoutImageId(state: Container['state']): string {
  switch (state.kind) {
    case 'waiting':
      return `not started: ${state.reason}`;
    case 'running':
      return 'it runs, but its runtime does not say which image';
    case 'terminated':
      return 'it ended, and its runtime does not say which image it had';
    case 'none':
      return 'not started';
    default:
      return state satisfies never;
  }
}

/** The latest start that is known: the content is what this start took. */
function startOf({ state, lastTermination }: Container): EpochMs | undefined {
  if (state.kind === 'running') return state.startedAt;
  if (state.kind === 'terminated') return state.termination.startedAt;
  return lastTermination?.startedAt;
}
