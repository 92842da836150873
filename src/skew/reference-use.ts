import type { ObjectReference, PullPolicy, Snapshot } from '../cluster/snapshot.ts';
import type { Digest } from '../reference/digest.ts';
import { normalizedReference, type Reference, tryParseReference } from '../reference/reference.ts';
import { repositoryName } from '../reference/repository.ts';
import { type ContentClass, type ContentFacts, groupContents } from './content.ts';
import { digestsOf, type RunningContainer } from './running-content.ts';
import type { PodPlace, Published } from './skew-report.ts';

/** All containers whose pods declare one reference, however it is spelled, and the contents they run. */
export type ReferenceUse = {
  /** The normalized reference. */
  readonly key: string;
  /** As most pods spell it. */
  readonly reference: Reference;
  readonly containers: readonly RunningContainer[];
  readonly contents: readonly ContentClass[];
  readonly published: Published;
};

/** A node that holds a reference, and under which digests. */
export type StoredReference = { readonly node: string; readonly digests: readonly Digest[] };

const notAsked: Published = { kind: 'unknown', reason: 'the registry was not asked' };

/** Every reference that runs, in a stable order. */
export function listUses(
  running: readonly RunningContainer[],
  snapshot: Snapshot,
  facts: ContentFacts & { readonly published: ReadonlyMap<string, Published> },
): readonly ReferenceUse[] {
  const named = listNamedTogether(snapshot);
  return groupByReference(running).map(({ key, containers }): ReferenceUse => {
    const reference = usualSpelling(containers);
    return {
      key,
      reference,
      containers,
      contents: contentsOf(reference, containers, withNodeFacts(named, containers, facts)),
      published: facts.published.get(key) ?? notAsked,
    };
  });
}

type ReferenceGroup = { readonly key: string; readonly containers: readonly RunningContainer[] };

/** Containers by what they ask for: tag and digest both count. */
export function groupByReference(running: readonly RunningContainer[]): readonly ReferenceGroup[] {
  const groups = Map.groupBy(
    running.filter(({ reference }) => reference !== undefined),
    ({ reference }) => (reference === undefined ? '' : normalizedReference(reference)),
  );
  return [...groups]
    .map(([key, containers]) => ({ key, containers: withoutBygone(containers) }))
    .filter(({ containers }) => containers.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A pod that ended well counts only where another of its tag fails: then it shows what worked. */
function withoutBygone(containers: readonly RunningContainer[]): readonly RunningContainer[] {
  if (containers.some(({ failure }) => failure !== undefined)) return containers;
  return containers.filter(({ pod }) => pod.phase !== 'Succeeded');
}

function contentsOf(
  reference: Reference,
  containers: readonly RunningContainer[],
  facts: ContentFacts,
): readonly ContentClass[] {
  const seen = containers.flatMap(({ content, platform }) =>
    content.kind === 'known'
      ? [{ digest: content.digest, platforms: platform === undefined ? [] : [platform] }]
      : [],
  );
  const contents = groupContents(seen, facts);
  // The runtime proved the digest of a pinned reference when it pulled: whatever it reports belongs to it.
  if (reference.digest === undefined || contents.length < 2) return contents;
  return [
    {
      digests: contents.flatMap(({ digests }) => digests),
      platforms: [...new Set(contents.flatMap(({ platforms }) => platforms))],
    },
  ];
}

/** What the nodes know: digests of one image in one store are one content. */
function withNodeFacts(
  named: readonly (readonly Digest[])[],
  containers: readonly RunningContainer[],
  facts: ContentFacts,
): ContentFacts {
  const seen = new Set(
    containers.flatMap(({ content }) => (content.kind === 'known' ? [content.digest] : [])),
  );
  if (seen.size < 2) return facts;
  const shared = named.filter((digests) => digests.filter((digest) => seen.has(digest)).length > 1);
  return { ...facts, sameImages: [...facts.sameImages, ...shared] };
}

/** Digests under which some node knows one image, each set once. */
function listNamedTogether(snapshot: Snapshot): readonly (readonly Digest[])[] {
  const sets = new Map<string, readonly Digest[]>();
  for (const node of snapshot.nodes) {
    for (const { names } of node.images) {
      const digests = digestsOf(names);
      if (digests.length > 1) sets.set(digests.toSorted().join(' '), digests);
    }
  }
  return [...sets.values()];
}

/** Which nodes hold which reference, by normalized reference. */
export function listStored(snapshot: Snapshot): ReadonlyMap<string, readonly StoredReference[]> {
  const stored = new Map<string, StoredReference[]>();
  for (const node of snapshot.nodes) {
    for (const image of node.images) {
      for (const name of image.names) {
        const reference = tryParseReference(name);
        if (reference?.tag === undefined || reference.digest !== undefined) continue;
        const key = normalizedReference(reference);
        const own = digestsOf(image.names, repositoryName(reference.repository));
        const digests = own.length > 0 ? own : digestsOf(image.names);
        const known = stored.get(key);
        if (known === undefined) stored.set(key, [{ node: node.name, digests }]);
        else known.push({ node: node.name, digests });
      }
    }
  }
  return stored;
}

export function runsContent({ content }: RunningContainer, { digests }: ContentClass): boolean {
  return content.kind === 'known' && digests.includes(content.digest);
}

/** The pull policies behind a use, each once. */
export function policiesOf(containers: readonly RunningContainer[]): readonly PullPolicy[] {
  return [...new Set(containers.flatMap(({ container }) => container.pullPolicy ?? []))].sort();
}

export function workloadsOf(containers: readonly RunningContainer[]): readonly ObjectReference[] {
  return [...new Map(containers.map(({ pod }) => [objectKey(pod.workload), pod.workload])).values()];
}

export function placesOf(containers: readonly RunningContainer[]): readonly PodPlace[] {
  const places = containers.map(
    ({ pod }): PodPlace => ({ namespace: pod.namespace, name: pod.name, node: pod.node }),
  );
  return [...new Map(places.map((place) => [placeKey(place), place])).values()];
}

/** `logging/platform-fluentd-2`. */
export function placeKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** `StatefulSet logging/platform-fluentd`. */
export function objectKey({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace}/${name}`;
}

/** The spelling most pods use; the shorter, then the first, where two are used as often. */
function usualSpelling(containers: readonly RunningContainer[]): Reference {
  const counts = new Map<string, { reference: Reference; count: number }>();
  for (const { reference } of containers) {
    if (reference === undefined) continue;
    const count = (counts.get(reference.original)?.count ?? 0) + 1;
    counts.set(reference.original, { reference, count });
  }
  const [usual] = [...counts.values()].sort(
    (a, b) =>
      b.count - a.count ||
      a.reference.original.length - b.reference.original.length ||
      (a.reference.original < b.reference.original ? -1 : 1),
  );
  if (usual === undefined) throw new RangeError('a group without a reference');
  return usual.reference;
}
