import type { Digest } from '../reference/digest.ts';
import { shortDigest } from '../reference/digest.ts';
import { type ContentFacts, groupContents } from './content.ts';
import { policiesOf, type StoredReference, workloadsOf } from './reference-use.ts';
import type { LatentSkew } from './skew-report.ts';
import { isPublished, type PartedUse } from './split.ts';

/**
 * Splits that are not there yet: the registry serves another content than runs, or none; or a node holds
 * another one, and a pod that is not pulled anew would run it there.
 */
export function findLatentSkew(
  parted: PartedUse,
  stored: ReadonlyMap<string, readonly StoredReference[]>,
  facts: ContentFacts,
): readonly LatentSkew[] {
  const { reference, contents } = parted.use;
  if (reference.digest !== undefined || contents.length === 0) return [];
  return [...findMoved(parted, facts), ...findCached(parted, stored.get(parted.use.key) ?? [], facts)];
}

/** A split says itself what the registry serves; this is for tags that still run alike everywhere. */
function findMoved({ use, different }: PartedUse, facts: ContentFacts): readonly LatentSkew[] {
  const { published, contents, containers, reference } = use;
  if (different.length > 0 || published.kind === 'unknown') return [];
  if (contents.some((content) => isPublished(published, content, facts) !== false)) return [];
  const pullPolicies = policiesOf(containers);
  const common = {
    reference,
    running: contents.flatMap(({ digests }) => digests),
    pullPolicies,
    workloads: workloadsOf(containers),
  };
  if (published.kind === 'absent') {
    return [
      {
        ...common,
        cause: { kind: 'gone' },
        prediction: 'the registry says it has no such tag: a pod on a node without the image cannot start',
      },
    ];
  }
  const next = shortDigest(published.digest);
  const onRestart = pullPolicies.includes('Always') ? 'every pod that restarts, and ' : '';
  return [
    {
      ...common,
      cause: { kind: 'moved', published: published.digest },
      prediction: `the tag moved: ${onRestart}a pod on a node without the image will run ${next}`,
    },
  ];
}

function findCached(
  { use, different }: PartedUse,
  stored: readonly StoredReference[],
  facts: ContentFacts,
): readonly LatentSkew[] {
  const pullPolicies = policiesOf(use.containers);
  // Where every pod asks the registry at each start, what a node holds decides nothing.
  if (pullPolicies.length === 1 && pullPolicies[0] === 'Always') return [];
  const running = use.contents.flatMap(({ digests }) => digests);
  const nodes = stored.flatMap(({ node, digests }) => {
    const [digest] = digests;
    if (digest === undefined || digests.some((one) => isRelated(one, running, use.contents, facts)))
      return [];
    return [{ node, digest }];
  });
  if (nodes.length === 0) return [];
  const places = nodes.map(({ node, digest }) => `${node} (${shortDigest(digest)})`).join(', ');
  const also = different.length > 0 ? 'yet another content' : 'another content';
  return [
    {
      reference: use.reference,
      running,
      cause: { kind: 'cached', nodes },
      pullPolicies,
      workloads: workloadsOf(use.containers),
      prediction: `a pod scheduled there will run ${also} of the tag: ${places}`,
    },
  ];
}

function isRelated(
  digest: Digest,
  running: readonly Digest[],
  contents: PartedUse['use']['contents'],
  facts: ContentFacts,
): boolean {
  if (running.includes(digest)) return true;
  const platforms = [...new Set(contents.flatMap((content) => content.platforms))];
  const classes = groupContents(
    [...running, digest].map((one) => ({ digest: one, platforms })),
    facts,
  );
  return classes.some(
    ({ digests }) => digests.includes(digest) && digests.some((one) => running.includes(one)),
  );
}
