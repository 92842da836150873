import type { EpochMs } from '../../clock.ts';
import { digestAt, isPublished, movesOf, type PastDigest } from '../../ledger/history.ts';
import type { LedgerReader, Move, Observation, Presence } from '../../ledger/ledger.ts';
import type { Digest } from '../../reference/digest.ts';
import type { Reference } from '../../reference/reference.ts';
import type { Repository } from '../../reference/repository.ts';
import type { Tag } from '../../reference/tag.ts';
import { findOwnLists, type ListOwner } from '../../reflect/tag-list.ts';

/** An observation, and the published digest it is a part of where it is itself none. */
export type TimelineEntry = Observation & {
  readonly partOf: Digest | undefined;
  readonly platform: string | undefined;
};

/** All that one list of the ledger can say of one tag. */
export type Timeline = {
  readonly reference: Reference;
  /** The ImageRepository whose own list it is; undefined: what all others share. */
  readonly owner: ListOwner | undefined;
  readonly entries: readonly TimelineEntry[];
  readonly moves: readonly Move[];
  readonly presences: readonly Presence[];
  /** Present where an instant was asked for. */
  readonly past: { readonly at: EpochMs; readonly digest: PastDigest } | undefined;
  /** Whether the question has an answer: somebody saw the tag, and by the instant asked for. */
  readonly isKnown: boolean;
};

/** The shared list first, then those that ImageRepositories do not share. */
export async function readTimelines(
  ledger: LedgerReader,
  reference: Reference,
  tag: Tag,
  at: EpochMs | undefined,
): Promise<readonly Timeline[]> {
  const own = await findOwnLists(ledger, reference.repository);
  const lists = [{ owner: undefined, key: reference.repository }, ...own];
  return Promise.all(lists.map((list) => readTimeline(ledger, reference, tag, { ...list, at })));
}

type Asked = {
  readonly owner: ListOwner | undefined;
  readonly key: Repository;
  readonly at: EpochMs | undefined;
};

async function readTimeline(
  ledger: LedgerReader,
  reference: Reference,
  tag: Tag,
  { owner, key, at }: Asked,
): Promise<Timeline> {
  const observations = await ledger.listObservations(key, tag);
  const presences = await ledger.listPresences(key, tag);
  const past = at === undefined ? undefined : { at, digest: digestAt(observations.map(inSeconds), at) };
  return {
    reference,
    owner,
    entries: await Promise.all(observations.map((one) => relate(ledger, one, observations))),
    moves: movesOf({ repository: reference.repository, tag }, observations),
    presences,
    past,
    isKnown: past === undefined ? observations.length + presences.length > 0 : past.digest.kind !== 'unknown',
  };
}

/** As instants are shown: a time copied from a history must be found in it again. */
function inSeconds(observation: Observation): Observation {
  const floor = (at: EpochMs): EpochMs => at - (at % 1000);
  return {
    ...observation,
    firstSeenAt: floor(observation.firstSeenAt),
    lastSeenAt: floor(observation.lastSeenAt),
  };
}

/** A pod may name the platform manifest or the config of the index that the registry served. */
async function relate(
  ledger: LedgerReader,
  observation: Observation,
  all: readonly Observation[],
): Promise<TimelineEntry> {
  if (isPublished(observation.source)) return { ...observation, partOf: undefined, platform: undefined };
  const published = all.filter((one) => isPublished(one.source));
  for (const { digest } of published) {
    const parts = await ledger.findRelated(digest);
    const part = parts.find((one) => one.relation === 'part' && one.digest === observation.digest);
    if (part !== undefined) return { ...observation, partOf: digest, platform: part.platform };
  }
  return { ...observation, partOf: undefined, platform: undefined };
}
