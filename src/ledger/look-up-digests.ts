import type { Clock } from '../clock.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import { askEach } from './ask-each.ts';
import { describeFailure } from './describe-failure.ts';
import { LedgerError } from './errors.ts';
import { isPublished } from './history.ts';
import { imageContents } from './image-contents.ts';
import type { LedgerReader, LedgerWriter, Move, Sighting } from './ledger.ts';
import type { ScanOptions, ScanPlaces } from './scan.ts';
import type { TagLister } from './tag-lister.ts';
import { matchesWatch } from './watch.ts';

/** Whose digests a scan asks for: every tag's, those somebody follows or watches, or none. */
export type DigestChoice = 'all' | 'watched' | 'none';

/** A tag whose digest could not be learned. */
export type DigestProblem = { readonly tag: Tag; readonly message: string };

export type LookedUp = {
  readonly moves: readonly Move[];
  readonly asked: number;
  readonly requests: number;
  readonly problems: readonly DigestProblem[];
};

/** Tags taken from the ledger at once to see whether somebody watches them. */
const tagBatch = 10_000;

/** Sightings recorded at once: what a crash in the middle of a long scan can lose. */
const sightingBatch = 200;

/** Problems told of one scan: a registry that fails for all would fill the screen. */
const problemsMax = 100;

/**
 * Asks for the digests of listed tags that were observed before, are selected or match a watched pattern,
 * and records each. A digest that differs from the last one is believed only from the bytes behind it.
 */
export function lookUpDigests(
  places: ScanPlaces,
  repository: Repository,
  options: ScanOptions,
): Promise<LookedUp> {
  return lookUpTags(places, repository, wantedTags(places, repository, options.digests), options);
}

/** What to ask for digests with, and whom to tell. */
export type LookUpOptions = Pick<ScanOptions, 'signal' | 'onProgress'>;

/** What looking up stands on: of listing nothing is needed. */
export type LookUpPlaces = {
  readonly lister: Pick<TagLister, 'headManifest' | 'getManifest'>;
  readonly ledger: LedgerReader & LedgerWriter;
  readonly clock: Clock;
};

/** The same for these tags, in batches of what is recorded together. */
export async function lookUpTags(
  places: LookUpPlaces,
  repository: Repository,
  batches: AsyncIterable<readonly Tag[]> | Iterable<readonly Tag[]>,
  options: LookUpOptions,
): Promise<LookedUp> {
  const moves: Move[] = [];
  const problems: DigestProblem[] = [];
  let asked = 0;
  let requests = 0;
  for await (const tags of batches) {
    const sightings: Sighting[] = [];
    const ask = async (tag: Tag): Promise<void> => {
      asked += 1;
      const look = await lookUp(places, repository, tag, options);
      requests += look.requests;
      if (look.sighting !== undefined) sightings.push(look.sighting);
      if (look.problem !== undefined && problems.length < problemsMax) {
        problems.push({ tag, message: look.problem });
      }
    };
    try {
      await askEach(tags, options.signal, ask);
    } finally {
      // Also where Ctrl-C ends it: what was seen was seen.
      moves.push(...(await places.ledger.recordSightings(sightings)));
    }
    options.onProgress?.(
      `${repositoryName(repository)}: asked for ${asked} ${asked === 1 ? 'digest' : 'digests'}`,
    );
  }
  return { moves, asked, requests, problems };
}

type Look = {
  /** Undefined where the tag is gone since it was listed: the next scan will say so. */
  readonly sighting?: Sighting;
  readonly problem?: string;
  readonly requests: number;
};

async function lookUp(
  places: LookUpPlaces,
  repository: Repository,
  tag: Tag,
  options: LookUpOptions,
): Promise<Look> {
  try {
    return await ask(places, repository, tag, options);
  } catch (error) {
    if (error instanceof LedgerError || options.signal?.aborted === true) throw error;
    return { problem: describeFailure(error), requests: 1 };
  }
}

async function ask(
  { lister, ledger, clock }: LookUpPlaces,
  repository: Repository,
  tag: Tag,
  { signal }: LookUpOptions,
): Promise<Look> {
  const options = signal === undefined ? {} : { signal };
  const head = await lister.headManifest(repository, tag, options);
  if (head === undefined) return { requests: 1 };
  const sighting: Sighting = {
    repository,
    tag,
    digest: head.digest,
    observedAt: clock.now(),
    source: 'scan',
  };
  const observations = await ledger.listObservations(repository, tag);
  const last = observations.findLast((observation) => isPublished(observation.source));
  if (last === undefined || last.digest === head.digest) return { sighting, requests: 1 };
  const fetched = await lister.getManifest(repository, head.digest, options);
  if (fetched === undefined) {
    return { problem: `the registry says ${head.digest} and does not have it`, requests: 2 };
  }
  await ledger.recordIndex(imageContents(fetched.digest, fetched.manifest));
  return { sighting: { ...sighting, digest: fetched.digest }, requests: 2 };
}

/** In batches of what is recorded together; a followed tag that is watched too comes once. */
async function* wantedTags(
  { ledger }: ScanPlaces,
  repository: Repository,
  choice: DigestChoice,
): AsyncIterable<readonly Tag[]> {
  if (choice === 'none') return;
  const patterns = (await ledger.listWatches(repository)).map((watch) => watch.pattern);
  const isWatched = (tag: Tag): boolean =>
    choice === 'all' || patterns.some((pattern) => matchesWatch(pattern, tag));
  if (choice === 'watched') {
    yield* filtered(
      (after) => ledger.listFollowedTags(repository, after, tagBatch),
      (tag) => !isWatched(tag),
    );
  }
  if (choice === 'all' || patterns.length > 0) {
    yield* filtered((after) => ledger.listTags(repository, after, tagBatch), isWatched);
  }
}

async function* filtered(
  list: (after: Tag | undefined) => Promise<readonly Tag[]>,
  wanted: (tag: Tag) => boolean,
): AsyncIterable<readonly Tag[]> {
  let after: Tag | undefined;
  for (;;) {
    const batch = await list(after);
    const kept = batch.filter(wanted);
    for (let start = 0; start < kept.length; start += sightingBatch) {
      yield kept.slice(start, start + sightingBatch);
    }
    after = batch.at(-1);
    if (after === undefined || batch.length < tagBatch) return;
  }
}
