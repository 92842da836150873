import type { Finding, Problem, Report } from '../findings/finding.ts';
import { type Lock, lookupIn } from '../lock/lock.ts';
import type { Digest } from '../reference/digest.ts';
import { shortDigest } from '../reference/digest.ts';
import { normalizedReference, type Reference, withoutDigest } from '../reference/reference.ts';
import { askPublished } from '../skew/published.ts';
import type { CheckSources } from './check-sources.ts';
import { type DeclaredImage, findingAt } from './declared-image.ts';

/** The registries that did not answer need not be asked again, nor told of twice. */
export type PublishedReport = Report & { readonly silent: ReadonlySet<string> };

/** Problems of one registry that are told one by one; the rest is counted. */
const problemsShownMax = 3;

/**
 * What the registries say of every reference that the lock does not answer for: whether it exists, and whether
 * the tag beside a digest still names it.
 */
export async function checkPublished(
  images: readonly DeclaredImage[],
  lock: Lock | undefined,
  sources: CheckSources,
): Promise<PublishedReport> {
  const { registry } = sources;
  if (registry === undefined) return { findings: [], problems: [], silent: new Set() };
  const lookup = lock === undefined ? undefined : lookupIn(lock);
  const asked = images.filter(
    ({ reference }) => lookup === undefined || lookup.ask(reference).kind === 'unlocked',
  );
  const byTag = Map.groupBy(asked.filter(hasTag), ({ reference }) => keyOf(reference));
  const questions = [...byTag].flatMap(([key, [first]]) =>
    first === undefined ? [] : [{ key, reference: first.reference }],
  );
  const answers = await askPublished(questions, registry, sources);
  const findings: Finding[] = [];
  const silences: { readonly reference: Reference; readonly reason: string }[] = [];
  for (const { key, reference } of questions) {
    const answer = answers.get(key);
    const places = byTag.get(key) ?? [];
    if (answer?.kind === 'unknown') silences.push({ reference, reason: answer.reason });
    if (answer?.kind === 'absent') findings.push(...places.map(absent));
    if (answer?.kind === 'digest') {
      const pinned = places.filter((place) => isPinnedElsewhere(place, answer.digest));
      if (pinned.length > 0) findings.push(...(await movedAway(pinned, sources)));
    }
  }
  const silent = new Set(silences.map(({ reference }) => reference.repository.registry));
  return { findings, problems: problemsOf(silences), silent };
}

function hasTag({ reference }: DeclaredImage): boolean {
  return reference.tag !== undefined || reference.digest === undefined;
}

function keyOf(reference: Reference): string {
  return normalizedReference(withoutDigest(reference));
}

function absent(image: DeclaredImage): Finding {
  const { digest, original } = image.reference;
  if (digest === undefined) {
    const hint = 'see whether name and tag are right; it may have been deleted, or not be pushed yet';
    return findingAt(image, 'not-in-registry', `${original} does not exist in its registry`, hint);
  }
  return findingAt(
    image,
    'not-in-registry',
    `the tag of ${original} is gone from its registry`,
    'find out why it was taken away; while the digest is served, nodes can still pull it',
    'warning',
  );
}

function isPinnedElsewhere({ reference }: DeclaredImage, published: Digest): boolean {
  return reference.digest !== undefined && reference.digest !== published;
}

/** A header is a hint: before a tag is said to have moved, its digest is computed from the bytes. */
async function movedAway(
  pinned: readonly DeclaredImage[],
  { registry, signal }: CheckSources,
): Promise<readonly Finding[]> {
  const [{ reference } = {}] = pinned;
  const tag = reference?.tag;
  if (reference === undefined || tag === undefined) return [];
  const fetched = await registry?.getManifest(reference.repository, tag, { signal });
  if (fetched === undefined) return [];
  return pinned
    .filter((place) => isPinnedElsewhere(place, fetched.digest))
    .map((place) =>
      findingAt(
        place,
        'moved-tag',
        `the tag of ${place.reference.original} names ${shortDigest(fetched.digest)} now; pods get what is pinned`,
        'when the new content is meant, lock and pin it; otherwise nothing needs to be done',
        'note',
      ),
    );
}

function problemsOf(
  silences: readonly { readonly reference: Reference; readonly reason: string }[],
): readonly Problem[] {
  const byRegistry = Map.groupBy(silences, ({ reference }) => reference.repository.registry);
  return [...byRegistry].flatMap(([registry, all]) => {
    const reasons = [...new Set(all.map(({ reason }) => reason))];
    const shown = reasons.slice(0, problemsShownMax).join('; ');
    const more =
      reasons.length > problemsShownMax ? `; and ${reasons.length - problemsShownMax} more reasons` : '';
    const count = all.length === 1 ? 'one reference' : `${all.length} references`;
    return [
      {
        code: 'REGISTRY_NOT_ASKED',
        message: `${registry} could not be asked for ${count}: ${shown}${more}`,
        hint: 'try again, or leave the registry out with --offline',
      },
    ];
  });
}
