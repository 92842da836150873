import { type EpochMs, formatInstant } from '../clock.ts';
import type { Snapshot } from '../cluster/snapshot.ts';
import type { Move } from '../ledger/ledger.ts';
import type { Digest } from '../reference/digest.ts';
import { shortDigest } from '../reference/digest.ts';
import { compareNames } from './name-order.ts';
import { policiesOf, type ReferenceUse } from './reference-use.ts';
import { digestsOf } from './running-content.ts';
import { contentKey, type SkewFacts } from './skew-facts.ts';
import type { Split, SplitContent } from './skew-report.ts';

/** A split before anything was said about it. */
export type FacingSplit = Omit<Split, 'why' | 'doNow'>;

/** Most names in a sentence; the table and the JSON hold all. */
const namesMax = 5;

/** Why it is so: one fact, one sentence, the most telling first. */
export function explainSplit(
  split: FacingSplit,
  use: ReferenceUse,
  snapshot: Snapshot,
  facts: SkewFacts,
): readonly string[] {
  return [
    sayContents(split),
    sayFailing(split),
    sayWhen(split, snapshot),
    sayMoves(split, facts.moves.get(use.key) ?? []),
    sayPolicy(use),
    sayProof(split, snapshot, facts),
    sayPublished(split),
    sayLost(split, facts),
    sayNext(split, use),
  ].filter((sentence) => sentence !== undefined);
}

function sayContents({ contents }: FacingSplit): string {
  const parts = contents.map((content) => {
    const { pods, failing, nodes, digest } = content;
    const where = nodes.length === 0 ? '' : ` on ${listNames(nodes)}`;
    const runs = pods.length === 1 ? 'runs' : 'run';
    return `${count(pods.length, 'pod')}${where} ${runs} ${shortDigest(digest)} and ${verdict(pods.length, failing)}`;
  });
  return `One tag, ${contents.length} contents: ${parts.join('; ')}.`;
}

function verdict(pods: number, failing: number): string {
  if (failing === 0) return pods === 1 ? 'works' : 'work';
  if (failing === pods) return pods === 1 ? 'fails' : 'fail';
  return `${failing} of them ${failing === 1 ? 'fails' : 'fail'}`;
}

/** Whether content or node tells the failing pods from the others exactly. */
function sayFailing({ contents }: FacingSplit): string | undefined {
  const pods = contents.flatMap((content) => content.pods);
  const failing = pods.filter((pod) => pod.failure !== undefined);
  if (failing.length === 0) return undefined;
  const nodes = new Set(failing.map((pod) => pod.node));
  const onThem = pods.filter((pod) => nodes.has(pod.node));
  const names = listNames(failing.map((pod) => pod.name));
  const isExact = onThem.length === failing.length && failing.length < pods.length && !nodes.has(undefined);
  if (!isExact) return `Failing: ${names}.`;
  const where = [...nodes].filter((node) => node !== undefined).sort(compareNames);
  const place = `${where.length === 1 ? 'node' : 'nodes'} ${listNames(where)}`;
  return failing.length === 1
    ? `The failing pod is the only one of them on ${place}: ${names}.`
    : `The failing pods are exactly those of ${place}: ${names}.`;
}

/** Pulls prove when the tag moved; without them the nodes' age suggests it. */
function sayWhen({ contents }: FacingSplit, snapshot: Snapshot): string | undefined {
  const pulled = contents
    .filter((content) => content.firstPulledAt !== undefined)
    .sort((a, b) => (a.firstPulledAt ?? 0) - (b.firstPulledAt ?? 0));
  const [older, newer] = pulled;
  if (older?.lastPulledAt === undefined || newer?.firstPulledAt === undefined) {
    return sayNodeAge(contents, snapshot);
  }
  const last = sayPull(older, older.lastPulledAt);
  const first = sayPull(newer, newer.firstPulledAt);
  const between =
    older.lastPulledAt < newer.firstPulledAt
      ? ': the tag was pushed anew in between'
      : ', so nodes got both by turns';
  return `${shortDigest(older.digest)} was pulled last ${last}, ${shortDigest(newer.digest)} first ${first}${between}.`;
}

/** `at 2026-11-21T09:09:29Z (real2)`. */
function sayPull({ pods }: SplitContent, at: EpochMs): string {
  const nodes = pods.filter((pod) => pod.pulledAt === at).flatMap((pod) => pod.node ?? []);
  const where = [...new Set(nodes)].sort(compareNames);
  return `at ${formatInstant(at)}${where.length === 0 ? '' : ` (${listNames(where)})`}`;
}

/** What the ledger saw of it: the last move between two of these contents. */
function sayMoves({ contents }: FacingSplit, moves: readonly Move[]): string | undefined {
  const known = new Set(contents.flatMap((content) => [content.digest, ...content.alsoReportedAs]));
  const move = moves.findLast(({ from, to }) => known.has(from) || known.has(to));
  if (move === undefined) return undefined;
  const [from, to] = [shortDigest(move.from), shortDigest(move.to)];
  const [then, now] = [formatInstant(move.lastSeenAt), formatInstant(move.noticedAt)];
  return `The ledger saw the tag move from ${from} to ${to} between ${then} and ${now}.`;
}

function sayNodeAge(contents: readonly SplitContent[], snapshot: Snapshot): string | undefined {
  const createdAt = new Map(snapshot.nodes.map((node) => [node.name, node.createdAt]));
  const spans = contents.map(({ digest, nodes }) => {
    const ages = nodes.flatMap((node) => createdAt.get(node) ?? []);
    return {
      digest,
      nodes,
      isWhole: ages.length === nodes.length && ages.length > 0,
      from: Math.min(...ages),
      to: Math.max(...ages),
    };
  });
  if (!spans.every(({ isWhole }) => isWhole)) return undefined;
  const [older, newer] = [...spans].sort((a, b) => a.from - b.from);
  if (older === undefined || newer === undefined || older.to >= newer.from) return undefined;
  return (
    `The nodes that run ${shortDigest(newer.digest)} joined the cluster later ` +
    `(${listNames(newer.nodes)} at ${formatInstant(newer.from)}) than those that run ` +
    `${shortDigest(older.digest)} (${listNames(older.nodes)} until ${formatInstant(older.to)}): ` +
    'the tag was probably pushed anew in between.'
  );
}

function sayPolicy(use: ReferenceUse): string | undefined {
  const policies = policiesOf(use.containers);
  if (policies.includes('IfNotPresent')) {
    return 'With imagePullPolicy IfNotPresent a node keeps what it pulled first, so the node decides what a pod runs.';
  }
  if (policies.includes('Always')) {
    return 'With imagePullPolicy Always a pod runs what the tag named when it started, so its age decides what it runs.';
  }
  return undefined;
}

/** Two digests may still be two names of one image (an index and a manifest in it): say what speaks against. */
function sayProof(
  { contents, published }: FacingSplit,
  snapshot: Snapshot,
  facts: SkewFacts,
): string | undefined {
  const isKnown = ({ digest }: SplitContent): boolean =>
    facts.indexes.has(digest) || facts.configs.has(digest);
  if (contents.every(isKnown)) return undefined;
  const sizes = contents.map(({ digest, nodes }) => sizeOf(digest, nodes, snapshot));
  if (sizes.some((size) => size === undefined)) {
    if (published.kind === 'unknown') {
      return `They may still be two names of one image (an index and a manifest in it): that was not compared, since ${published.reason}.`;
    }
    return snapshot.coverage.nodes
      ? undefined
      : 'No nodes were read, so the digests could not be compared by platform and size.';
  }
  if (new Set(sizes).size === sizes.length) {
    return `On the nodes they have different sizes (${sizes.join(' and ')} bytes), so they are not two names of one image.`;
  }
  return 'On the nodes they have the same size: they may be two names of one image, which only the registry can tell.';
}

function sizeOf(digest: Digest, nodes: readonly string[], snapshot: Snapshot): number | undefined {
  return snapshot.nodes
    .filter((node) => nodes.includes(node.name))
    .flatMap((node) => node.images)
    .find((image) => digestsOf(image.names).includes(digest))?.sizeBytes;
}

function sayPublished({ published, contents }: FacingSplit): string {
  switch (published.kind) {
    case 'unknown':
      return `What the tag names in the registry now is unknown: ${published.reason}.`;
    case 'absent':
      return 'The registry says that it has no such tag.';
    case 'digest': {
      const home = contents.find((content) => content.isPublished === true);
      const now = `The registry serves ${shortDigest(published.digest)} for the tag now`;
      if (home === undefined) return `${now}, which none of these pods runs: the tag moved again.`;
      const same = home.digest === published.digest ? '' : ` (the same as ${shortDigest(home.digest)})`;
      return `${now}${same}, ${sayHome(home)}.`;
    }
    default:
      return published satisfies never;
  }
}

/** A content that the registry does not have was overwritten and swept there, or never came from it. */
function sayLost({ reference, contents }: FacingSplit, facts: SkewFacts): string | undefined {
  const lost = contents.filter(
    ({ digest }) => facts.served.get(contentKey(reference.repository, digest)) === false,
  );
  if (lost.length === 0) return undefined;
  const names = listNames(lost.map(({ digest }) => shortDigest(digest)));
  return `The registry does not have ${names}: it was deleted there, or loaded on the nodes from a file.`;
}

function sayHome({ pods, failing }: SplitContent): string {
  if (failing === 0) return 'which works here';
  return failing === pods.length
    ? 'which fails here'
    : `with which ${failing} of ${pods.length} pods fail here`;
}

/** Who is next. */
function sayNext({ contents, published }: FacingSplit, use: ReferenceUse): string | undefined {
  if (!policiesOf(use.containers).includes('IfNotPresent')) return undefined;
  const bad = contents.find((content) => content.failing > 0 && content.failing === content.pods.length);
  const later =
    published.kind === 'absent'
      ? 'a node that does not have the tag yet cannot start a pod at all'
      : 'a node that does not have the tag yet gets what the registry serves then';
  const hasWorking = contents.some((content) => content.failing === 0);
  if (bad === undefined || bad.nodes.length === 0 || !hasWorking) return `Next: ${later}.`;
  const moved = `Next: a pod that moves to ${listNames(bad.nodes, 'or')} will fail too`;
  if (bad.isPublished === true) return `${moved}, and so will one on a node that does not have the tag yet.`;
  return `${moved}; ${later}.`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** `a, b and c`, or the first few and how many more. */
function listNames(names: readonly string[], last: 'and' | 'or' = 'and'): string {
  if (names.length > namesMax)
    return `${names.slice(0, namesMax).join(', ')} ${last} ${names.length - namesMax} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}
