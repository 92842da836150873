import { describeError, HoldfastError } from '../errors.ts';
import type { Finding, Problem, Report } from '../findings/finding.ts';
import { type Lock, lookupIn } from '../lock/lock.ts';
import { formatPlatform, matchesPlatform, type Platform } from '../oci/platform.ts';
import { mapBounded } from '../pinning/bounded.ts';
import { resolveEntry } from '../pinning/resolve-entry.ts';
import { normalizedReference, type Reference, sayOf } from '../reference/reference.ts';
import type { CheckSources } from './check-sources.ts';
import { type DeclaredImage, findingAt } from './declared-image.ts';

/** Requests under way at once. */
const askedAtOnce = 8;

type Offer = { readonly platforms: readonly Platform[] } | { readonly problem: Problem } | undefined;

/**
 * Whether every image has content for the platforms it will be scheduled on: from the lock where it knows,
 * otherwise from the registry. An image that names no platform at all is not judged; a registry that has been
 * silent is not asked again.
 */
export async function checkPlatforms(
  images: readonly DeclaredImage[],
  wanted: readonly Platform[],
  lock: Lock | undefined,
  silent: ReadonlySet<string>,
  sources: CheckSources,
): Promise<Report> {
  if (wanted.length === 0) return { findings: [], problems: [] };
  const groups = [...Map.groupBy(images, ({ reference }) => normalizedReference(reference)).values()];
  const offers = await mapBounded(groups, askedAtOnce, async ([first]) =>
    first === undefined ? undefined : offerOf(first.reference, lock, silent, sources),
  );
  const findings: Finding[] = [];
  const problems: Problem[] = [];
  for (const [index, places] of groups.entries()) {
    const offer = offers[index];
    if (offer === undefined) continue;
    if ('problem' in offer) problems.push(offer.problem);
    else findings.push(...places.flatMap((place) => missing(place, wanted, offer.platforms)));
  }
  return { findings, problems };
}

async function offerOf(
  reference: Reference,
  lock: Lock | undefined,
  silent: ReadonlySet<string>,
  sources: CheckSources,
): Promise<Offer> {
  const answer = lock === undefined ? undefined : lookupIn(lock).ask(reference);
  if (answer !== undefined && answer.kind !== 'unlocked' && answer.entry.platforms.length > 0) {
    return { platforms: answer.entry.platforms.map(({ platform }) => platform) };
  }
  const { registry, clock, signal } = sources;
  if (registry === undefined || silent.has(reference.repository.registry)) return undefined;
  try {
    const resolved = await resolveEntry({ registry, clock, signal }, reference);
    return resolved && { platforms: resolved.entry.platforms.map(({ platform }) => platform) };
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof HoldfastError ? error.code : 'UNEXPECTED';
    return { problem: { code, message: `platforms of ${sayOf(reference, describeError(error))}` } };
  }
}

function missing(
  image: DeclaredImage,
  wanted: readonly Platform[],
  offered: readonly Platform[],
): readonly Finding[] {
  if (offered.length === 0) return [];
  const absent = wanted.filter((platform) => !offered.some((one) => matchesPlatform(platform, one)));
  if (absent.length === 0) return [];
  const has = [...new Set(offered.map(formatPlatform))].join(', ');
  const message = `${image.field.reference} has no content for ${[...new Set(absent.map(formatPlatform))].join(', ')}; it has ${has}`;
  const hint = 'build it for that platform, choose another tag, or keep its pods off those nodes';
  return [findingAt(image, 'missing-platform', message, hint)];
}
