import type { Digest } from '../reference/digest.ts';
import { shortDigest } from '../reference/digest.ts';
import { joinReference, withDigest } from '../reference/reference.ts';
import type { FacingSplit } from './explain-split.ts';
import { objectKey } from './reference-use.ts';
import { contentKey, type SkewFacts } from './skew-facts.ts';
import type { Advice, SplitContent, SplitPod, WorkloadUse } from './skew-report.ts';

/** Kinds whose image `kubectl set image` can change, and how it calls them. A Job's template is immutable. */
const settable: Readonly<Record<string, string | undefined>> = {
  Deployment: 'deployment',
  StatefulSet: 'statefulset',
  DaemonSet: 'daemonset',
  ReplicaSet: 'replicaset',
  ReplicationController: 'replicationcontroller',
  CronJob: 'cronjob',
  Pod: 'pod',
};

/** Most commands for one split: with more workloads than this, a person writes a loop or edits Git. */
const commandsMax = 10;

/** What to do now, in order. Commands are to be read and pasted; nothing here runs them. */
export function adviseOn(split: FacingSplit, facts: SkewFacts): readonly Advice[] {
  const failing = split.contents.filter((content) => content.failing > 0);
  const chosen = chooseContent(split.contents);
  if (chosen === undefined) return lookFirst(failing);
  return [
    ...pin(split, chosen, failing.length > 0),
    ...unblock(split, failing),
    ...keepPinned(split),
    ...fixedTag(split, chosen, facts),
    ...stillServed(split, chosen, facts),
  ];
}

/** One that works, the published one first; otherwise one that fails far less often than another. */
function chooseContent(contents: readonly SplitContent[]): SplitContent | undefined {
  const working = contents.filter((content) => content.failing === 0);
  const [best] = working.sort(
    (a, b) =>
      Number(b.isPublished === true) - Number(a.isPublished === true) || b.pods.length - a.pods.length,
  );
  if (best !== undefined) return best;
  const shares = contents.map((content) => content.failing / content.pods.length);
  const least = Math.min(...shares);
  return least * 2 <= Math.max(...shares) ? contents[shares.indexOf(least)] : undefined;
}

/** Nothing works everywhere: the image may not be the cause. */
function lookFirst(failing: readonly SplitContent[]): readonly Advice[] {
  const logs = failing.flatMap((content): Advice[] => {
    const pod = content.pods.find((one) => one.failure !== undefined);
    if (pod === undefined) return [];
    return [
      {
        text: `Look why it fails with ${shortDigest(content.digest)}`,
        command: `kubectl -n ${pod.namespace} logs ${pod.name} -c ${pod.container} --previous`,
      },
    ];
  });
  return [
    { text: 'Every content has failing pods, so the image may not be the only cause', command: undefined },
    ...logs,
  ];
}

function pin(split: FacingSplit, chosen: SplitContent, hasFailing: boolean): readonly Advice[] {
  const image = withDigest(split.reference, chosen.digest).original;
  const works =
    chosen.failing === 0 ? 'works' : `fails least (${chosen.failing} of ${chosen.pods.length} pods)`;
  const text = hasFailing
    ? `Pin the content that ${works}, ${shortDigest(chosen.digest)}`
    : `All of them work; decide which one is meant and pin it: ${shortDigest(chosen.digest)} is ${
        chosen.isPublished === true ? 'what the registry serves now' : 'what most pods run'
      }`;
  return split.workloads.slice(0, commandsMax).map((use, at) => {
    const name = objectKey(use.workload);
    const start = at === 0 ? text : `The same for ${name}`;
    const byHand = `# in container ${use.containers.join(', ')}: image: ${image}`;
    if (use.operator !== undefined) {
      // A change below an operator's object is gone before the pod is up.
      const why = `${use.operator} manages ${name} and would undo a change of it`;
      return { text: `${start}; ${why}, so set the image there`, command: byHand };
    }
    const command = setImage(use, image);
    return { text: command === undefined ? `${start} in ${name}` : start, command: command ?? byHand };
  });
}

function setImage({ workload, containers }: WorkloadUse, image: string): string | undefined {
  const kind = settable[workload.kind];
  // A custom kind may bear a built-in name; its group tells.
  if (kind === undefined || !/^(?:v1|(?:apps|batch)\/.*)$/.test(workload.apiVersion)) return undefined;
  const images = containers.map((container) => `${container}=${quoted(image)}`);
  return `kubectl -n ${workload.namespace} set image ${kind}/${workload.name} ${images.join(' ')}`;
}

/** IPv6 hosts have brackets, which a shell takes for a pattern. */
function quoted(image: string): string {
  return /^[A-Za-z0-9._:/@-]+$/.test(image) ? image : `'${image}'`;
}

/** A StatefulSet that goes in order waits for a broken pod for ever. Source: Kubernetes, "Forced rollback". */
function unblock({ workloads }: FacingSplit, failing: readonly SplitContent[]): readonly Advice[] {
  return workloads.flatMap((use): Advice[] => {
    const { workload, podManagementPolicy } = use;
    if (workload.kind !== 'StatefulSet' || podManagementPolicy === 'Parallel' || use.failing === 0) return [];
    const broken = failing.flatMap(({ pods }) => pods.filter((pod) => belongsTo(pod, use)));
    return [
      {
        text: 'Then delete its failing pods: a StatefulSet in order waits for them instead of replacing them',
        command: `kubectl -n ${workload.namespace} delete pod ${broken.map((pod) => pod.name).join(' ')}`,
      },
    ];
  });
}

function belongsTo(pod: SplitPod, { workload }: WorkloadUse): boolean {
  return pod.failure !== undefined && objectKey(pod.workload) === objectKey(workload);
}

function keepPinned({ workloads }: FacingSplit): readonly Advice[] {
  const direct = workloads.filter((use) => use.operator === undefined);
  if (direct.length === 0) return [];
  const tools = [...new Set(direct.flatMap((use) => use.appliedBy ?? []))].sort().join(' and ');
  const text =
    tools === ''
      ? 'Write the same image where the manifests are kept, or the next deployment undoes it'
      : `Write the same image where ${tools} takes it from, or ${tools} undoes the change`;
  return [{ text, command: undefined }];
}

function fixedTag({ reference }: FacingSplit, chosen: SplitContent, facts: SkewFacts): readonly Advice[] {
  const [tag] = digestsIn(chosen).flatMap(
    (digest) => facts.siblings.get(contentKey(reference.repository, digest)) ?? [],
  );
  if (tag === undefined) return [];
  const image = joinReference(reference.name, tag, undefined);
  return [{ text: `Or use the tag of that build, which does not move: ${image}`, command: undefined }];
}

function stillServed({ reference }: FacingSplit, chosen: SplitContent, facts: SkewFacts): readonly Advice[] {
  const isServed = facts.served.get(contentKey(reference.repository, chosen.digest));
  if (isServed === true) return [];
  const image = joinReference(reference.name, undefined, chosen.digest);
  if (isServed === undefined) {
    return [
      {
        text: 'See that the registry still has it, since a node without it must pull it',
        command: `holdfast resolve ${quoted(image)}`,
      },
    ];
  }
  return [
    {
      text: `The registry no longer has it: push it back from ${chosen.nodes[0] ?? 'a node'} before another node needs it`,
      command: undefined,
    },
  ];
}

function digestsIn(content: SplitContent): readonly Digest[] {
  return [content.digest, ...content.alsoReportedAs];
}
