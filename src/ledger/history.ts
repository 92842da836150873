import type { EpochMs } from '../clock.ts';
import type { Digest } from '../reference/digest.ts';
import type { Move, Observation, ObservationSource, Sighting } from './ledger.ts';

/** A sighting of a tag that is known from the context. */
export type TagSighting = Omit<Sighting, 'repository' | 'tag'>;

/**
 * Every source, in the order that decides who is named where two saw the same thing at the same instant.
 * Ledgers store the place in this list: a new source goes to its end.
 */
export const observationSources: readonly ObservationSource[] = [
  'scan',
  'resolve',
  'lock',
  'import',
  'pod',
  'node',
];

/**
 * Whether a source tells what the registry served. Pods and nodes tell what they hold, which may have been
 * pulled long before: they never make a tag look as if it had moved.
 */
export function isPublished(source: ObservationSource): boolean {
  return source !== 'pod' && source !== 'node';
}

/**
 * The history in these sightings of one tag, oldest first. It depends on the set of sightings alone, not on
 * their order, their batches or their repetition. What the registry served becomes unbroken stretches, so a
 * digest that comes back starts a new one; what pods and nodes hold becomes one observation for each digest.
 */
export function observationsOf(sightings: readonly TagSighting[]): readonly Observation[] {
  const inOrder = sightings.toSorted(compareSightings);
  const published = foldRuns(inOrder.filter((sighting) => isPublished(sighting.source)));
  const running = foldByDigest(inOrder.filter((sighting) => !isPublished(sighting.source)));
  return [...published, ...running].sort(compareObservations);
}

/** The moves between observations of one tag, oldest first: only what the registry served can move. */
export function movesOf(
  tag: Pick<Sighting, 'repository' | 'tag'>,
  observations: readonly Observation[],
): readonly Move[] {
  const published = observations.filter((observation) => isPublished(observation.source));
  return published.slice(1).map((next, index) => {
    const previous = published[index] ?? next;
    return {
      repository: tag.repository,
      tag: tag.tag,
      from: previous.digest,
      to: next.digest,
      lastSeenAt: previous.lastSeenAt,
      noticedAt: next.firstSeenAt,
      source: next.source,
    };
  });
}

/** The moves in `after` that are not in `before`: a late sighting that only sharpens a known move reveals none. */
export function revealedMoves(before: readonly Move[], after: readonly Move[]): readonly Move[] {
  const known = new Map<string, number>();
  for (const move of before) known.set(pair(move), (known.get(pair(move)) ?? 0) + 1);
  return after.filter((move) => {
    const left = known.get(pair(move)) ?? 0;
    known.set(pair(move), left - 1);
    return left <= 0;
  });
}

/** What a tag pointed to at an instant, as far as anybody saw. */
export type PastDigest =
  /** It was seen with this digest before and after, and never with another between. */
  | { readonly kind: 'seen'; readonly digest: Digest }
  /** Last seen with this digest, nobody looked after. */
  | { readonly kind: 'last-known'; readonly digest: Digest; readonly lastSeenAt: EpochMs }
  /** It moved somewhere between two looks, and the instant lies between them. */
  | {
      readonly kind: 'between';
      readonly digest: Digest;
      readonly lastSeenAt: EpochMs;
      readonly next: Digest;
      readonly nextSeenAt: EpochMs;
    }
  /** Nobody had looked yet. */
  | { readonly kind: 'unknown'; readonly firstSeenAt: EpochMs | undefined };

/** What the registry served under a tag at an instant; pods and nodes do not count. */
export function digestAt(observations: readonly Observation[], at: EpochMs): PastDigest {
  const published = observations.filter((observation) => isPublished(observation.source));
  const index = published.findLastIndex((observation) => observation.firstSeenAt <= at);
  const current = published[index];
  if (current === undefined) return { kind: 'unknown', firstSeenAt: published[0]?.firstSeenAt };
  const { digest, lastSeenAt } = current;
  if (at <= lastSeenAt) return { kind: 'seen', digest };
  const next = published[index + 1];
  if (next === undefined) return { kind: 'last-known', digest, lastSeenAt };
  return { kind: 'between', digest, lastSeenAt, next: next.digest, nextSeenAt: next.firstSeenAt };
}

/**
 * Sightings kept for one tag before it is thinned. Every scan of a followed tag adds one; 400 are two weeks
 * of hourly scans in about 10 kB.
 */
export const sightingsPerTagMax = 400;

/**
 * The sightings that a ledger may forget, empty up to {@link sightingsPerTagMax}: every second one of the
 * older half that lies inside a stretch and begins or ends none. The observations stay the same; only a
 * sighting that contradicts later, from inside such a stretch, finds its edges less sharp.
 */
export function dispensableSightings(sightings: readonly TagSighting[]): readonly TagSighting[] {
  if (sightings.length <= sightingsPerTagMax) return [];
  const edges = new Set(observationsOf(sightings).flatMap((one) => [edge(one, 'first'), edge(one, 'last')]));
  const inside = sightings
    .toSorted(compareSightings)
    .filter((one) => !edges.has(`${placeOf(one.source)} ${one.digest} ${one.observedAt}`));
  return inside.slice(0, Math.ceil(inside.length / 2)).filter((_, index) => index % 2 === 1);
}

/** Runs of one digest. Where two digests share an instant, the one already running goes first. */
function foldRuns(inOrder: readonly TagSighting[]): readonly Observation[] {
  const runs: Observation[] = [];
  for (let start = 0; start < inOrder.length; ) {
    const at = inOrder[start]?.observedAt;
    let end = start;
    while (end < inOrder.length && inOrder[end]?.observedAt === at) end += 1;
    const together = inOrder.slice(start, end);
    const running = runs.at(-1)?.digest;
    for (const sighting of together.filter((one) => one.digest === running)) extend(runs, sighting);
    for (const sighting of together.filter((one) => one.digest !== running)) extend(runs, sighting);
    start = end;
  }
  return runs;
}

function extend(runs: Observation[], { digest, observedAt, source }: TagSighting): void {
  const last = runs.at(-1);
  if (last?.digest === digest) runs[runs.length - 1] = { ...last, lastSeenAt: observedAt };
  else runs.push({ digest, firstSeenAt: observedAt, lastSeenAt: observedAt, source });
}

function foldByDigest(inOrder: readonly TagSighting[]): readonly Observation[] {
  const byDigest = Map.groupBy(inOrder, (sighting) => sighting.digest);
  return [...byDigest.values()].flatMap((same) => {
    const first = same[0];
    const last = same.at(-1);
    if (first === undefined || last === undefined) return [];
    const { digest, observedAt: firstSeenAt, source } = first;
    return [{ digest, firstSeenAt, lastSeenAt: last.observedAt, source }];
  });
}

function compareSightings(a: TagSighting, b: TagSighting): number {
  return (
    a.observedAt - b.observedAt ||
    compareText(a.digest, b.digest) ||
    observationSources.indexOf(a.source) - observationSources.indexOf(b.source)
  );
}

/** By first sight; stretches that share an instant keep their order, which a stable sort gives. */
function compareObservations(a: Observation, b: Observation): number {
  return (
    a.firstSeenAt - b.firstSeenAt ||
    a.lastSeenAt - b.lastSeenAt ||
    Number(!isPublished(a.source)) - Number(!isPublished(b.source))
  );
}

function placeOf(source: ObservationSource): string {
  return isPublished(source) ? 'published' : 'running';
}

function edge(observation: Observation, which: 'first' | 'last'): string {
  const at = which === 'first' ? observation.firstSeenAt : observation.lastSeenAt;
  return `${placeOf(observation.source)} ${observation.digest} ${at}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function pair(move: Move): string {
  return `${move.from} ${move.to}`;
}
