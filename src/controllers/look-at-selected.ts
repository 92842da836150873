import type { ImageRepository, ImageRepositorySpec } from '../api/image-repository.ts';
import { describeError } from '../errors.ts';
import { isPublished } from '../ledger/history.ts';
import type { Move } from '../ledger/ledger.ts';
import { type LookUpPlaces, lookUpTags } from '../ledger/look-up-digests.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';
import type { ReflectedImage } from '../reflect/reflected-image.ts';
import type { ListKey } from '../reflect/tag-list.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';
import { logFields } from './repository-report.ts';
import { repositoryKeyOf } from './worth-a-look.ts';

/** What was scanned a moment ago, and with what. */
export type ScannedList = {
  readonly object: ImageRepository;
  /** `image` as written is what `latestRef` names. */
  readonly spec: ImageRepositorySpec;
  /** Where the registry has it. */
  readonly image: ReflectedImage;
  /** Where the ledger has it. */
  readonly listKey: ListKey;
  readonly lister: LookUpPlaces['lister'];
  /** When it has to end. */
  readonly signal: AbortSignal;
};

/**
 * Looks at what the selected tags of a repository point to, each by one HEAD and no more often than asked for,
 * and records it. Answers the moves this revealed; the policies say them on their objects, from what the ledger
 * has. That it could not be had is said, and fails no scan.
 */
export async function lookAtSelected(term: Term, list: ScannedList): Promise<readonly Move[]> {
  const { object, listKey, image, lister, signal } = list;
  // Lists that are an object's own are known to the ledger by another name than to the registry.
  const asking: LookUpPlaces['lister'] = {
    headManifest: (_key, tag, options) => lister.headManifest(image.repository, tag, options),
    getManifest: (_key, digest, options) => lister.getManifest(image.repository, digest, options),
  };
  const places = { lister: asking, ledger: term.ledger, clock: term.clock };
  try {
    const tags = await dueTags(term, list);
    if (tags.length === 0) return [];
    const { moves, problems } = await lookUpTags(places, listKey, [tags], { signal });
    for (const { tag, message } of problems)
      warn(term, object, `cannot ask what ${tag} points to: ${message}`);
    for (const { tag, from, to } of moves) warn(term, object, `tag ${tag} moved from ${from} to ${to}`);
    return moves;
  } catch (error) {
    warn(term, object, `cannot ask what the selected tags point to: ${describeError(error)}`);
    return [];
  }
}

/** Tags that policies select from this image, and that nobody looked at for long enough. */
async function dueTags(term: Term, { object, spec, listKey }: ScannedList): Promise<readonly Tag[]> {
  const { selectedDigestMs } = term.options;
  if (selectedDigestMs === undefined) return [];
  const due: Tag[] = [];
  for (const tag of selectedTags(term, object, spec.image)) {
    const observations = await term.ledger.listObservations(listKey, tag);
    const last = observations.findLast(({ source }) => isPublished(source));
    const age = last === undefined ? Number.POSITIVE_INFINITY : term.clock.now() - last.lastSeenAt;
    // A clock that was set back does not put it off.
    if (age < 0 || age >= selectedDigestMs) due.push(tag);
  }
  return due;
}

function selectedTags(term: Term, object: ImageRepository, imageName: string): ReadonlySet<Tag> {
  const tags = new Set<Tag>();
  for (const policy of term.policies.values()) {
    const { latestRef } = policy.status;
    if (latestRef?.name !== imageName || repositoryKeyOf(policy) !== keyOf(object)) continue;
    const tag = tryParseTag(latestRef.tag);
    if (tag !== undefined) tags.add(tag);
  }
  return tags;
}

function warn(term: Term, object: ImageRepository, message: string): void {
  term.log.write('warn', message, logFields(object));
}
