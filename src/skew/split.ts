import type { Snapshot } from '../cluster/snapshot.ts';
import type { Digest } from '../reference/digest.ts';
import { adviseOn } from './advise.ts';
import { areComparable, type ContentClass, type ContentFacts, groupContents, indexOf } from './content.ts';
import { explainSplit } from './explain-split.ts';
import { compareNames } from './name-order.ts';
import { objectKey, placeKey, placesOf, type ReferenceUse, runsContent } from './reference-use.ts';
import type { RunningContainer } from './running-content.ts';
import type { SkewFacts } from './skew-facts.ts';
import type { Published, Split, SplitContent, SplitPod, UnknownContent, WorkloadUse } from './skew-report.ts';

/** A use, its contents parted into those that differ and those that cannot be compared. */
export type PartedUse = {
  readonly use: ReferenceUse;
  /** Contents that differ from at least one other: two or more, or none. */
  readonly different: readonly ContentClass[];
  readonly incomparable: readonly UnknownContent[];
};

export function partContents(use: ReferenceUse, facts: ContentFacts): PartedUse {
  if (use.contents.length < 2) return { use, different: [], incomparable: [] };
  const foreign = use.contents.filter((one) => isForeignOnly(one, use));
  const own = use.contents.filter((one) => !foreign.includes(one));
  const different = own.filter((one) =>
    own.some((other) => other !== one && areComparable(one, other, facts)),
  );
  const apart = own.length < 2 ? [] : own.filter((one) => !different.includes(one));
  const unknown = (content: ContentClass, reason: string): UnknownContent => ({
    reference: use.reference.original,
    reason,
    pods: placesOf(use.containers.filter((one) => runsContent(one, content))),
  });
  return {
    use,
    different,
    incomparable: [
      ...foreign.map((one) =>
        unknown(one, `reported as ${one.digests[0]} of another repository, which may be the same image`),
      ),
      ...apart.map((one) =>
        unknown(
          one,
          `${one.digests[0]} runs on ${one.platforms.join(', ')} alone and may be a platform of the same index`,
        ),
      ),
    ],
  };
}

function isForeignOnly(content: ContentClass, use: ReferenceUse): boolean {
  return use.containers
    .filter((one) => runsContent(one, content))
    .every((one) => one.content.kind === 'known' && one.content.isForeign);
}

/** What a person needs to know of a tag with two contents. */
export function splitOf({ use, different }: PartedUse, snapshot: Snapshot, facts: SkewFacts): Split {
  const contents = different
    .map((content) => contentOf(use, content, facts))
    .sort(
      (a, b) =>
        a.failing / a.pods.length - b.failing / b.pods.length ||
        b.pods.length - a.pods.length ||
        (a.digest < b.digest ? -1 : 1),
    );
  const facing = {
    reference: use.reference,
    contents,
    workloads: listWorkloads(use, snapshot),
    published: use.published,
  };
  return {
    ...facing,
    why: explainSplit(facing, use, snapshot, facts),
    doNow: adviseOn(facing, facts),
  };
}

/** Whether the tag names this content now, be it through the index that holds it. Undefined: not known. */
export function isPublished(
  published: Published,
  content: ContentClass,
  facts: ContentFacts,
): boolean | undefined {
  if (published.kind === 'unknown') return undefined;
  if (published.kind === 'absent') return false;
  const { platforms } = content;
  const classes = groupContents(
    [...content.digests, published.digest].map((digest) => ({ digest, platforms })),
    facts,
  );
  return classes.some(
    ({ digests }) =>
      digests.includes(published.digest) && digests.some((digest) => content.digests.includes(digest)),
  );
}

function contentOf(use: ReferenceUse, content: ContentClass, facts: ContentFacts): SplitContent {
  const containers = use.containers.filter((one) => runsContent(one, content));
  const digest = representative(content, containers, facts);
  const pulls = containers.flatMap(({ pulledAt }) => (pulledAt === undefined ? [] : [pulledAt]));
  const pods = podsOf(containers);
  return {
    digest,
    alsoReportedAs: content.digests.filter((one) => one !== digest),
    failing: pods.filter((pod) => pod.failure !== undefined).length,
    pods,
    nodes: [...new Set(pods.flatMap((pod) => pod.node ?? []))].sort(compareNames),
    firstPulledAt: pulls.length === 0 ? undefined : Math.min(...pulls),
    lastPulledAt: pulls.length === 0 ? undefined : Math.max(...pulls),
    isPublished: isPublished(use.published, content, facts),
  };
}

/** Its index, otherwise what most containers report. */
function representative(
  content: ContentClass,
  containers: readonly RunningContainer[],
  facts: ContentFacts,
): Digest {
  const weight = (digest: Digest): number =>
    containers.filter((one) => one.content.kind === 'known' && one.content.digest === digest).length;
  const [usual] = [...content.digests].sort((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  if (usual === undefined) throw new RangeError('a content without digests');
  return indexOf(content, facts) ?? usual;
}

/** One entry for each pod, with the container that fails where one does. */
function podsOf(containers: readonly RunningContainer[]): readonly SplitPod[] {
  const pods = new Map<string, SplitPod>();
  for (const { pod, container, failure, startedAt, pulledAt } of containers) {
    const known = pods.get(placeKey(pod));
    if (known !== undefined && (known.failure !== undefined || failure === undefined)) continue;
    const { namespace, name, node, workload } = pod;
    const { restarts } = container;
    pods.set(placeKey(pod), {
      namespace,
      name,
      node,
      container: container.name,
      workload,
      failure,
      restarts,
      startedAt,
      pulledAt,
    });
  }
  return [...pods.values()];
}

function listWorkloads(use: ReferenceUse, snapshot: Snapshot): readonly WorkloadUse[] {
  const groups = Map.groupBy(use.containers, ({ pod }) => objectKey(pod.workload));
  return [...groups].flatMap(([key, containers]) => {
    const [first] = containers;
    if (first === undefined) return [];
    const found = snapshot.workloads.find((workload) => objectKey(workload) === key);
    const operator = found?.owner === undefined ? undefined : objectKey(found.owner);
    return [
      {
        workload: first.pod.workload,
        containers: [...new Set(containers.map(({ container }) => container.name))].sort(),
        operator,
        appliedBy: found?.appliedBy,
        podManagementPolicy: found?.podManagementPolicy,
        pods: placesOf(containers).length,
        failing: placesOf(containers.filter(({ failure }) => failure !== undefined)).length,
      } satisfies WorkloadUse,
    ];
  });
}
