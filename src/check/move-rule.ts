import { formatInstant } from '../clock.ts';
import type { Finding, Report } from '../findings/finding.ts';
import { movesOf } from '../ledger/history.ts';
import { type Lock, lookupIn } from '../lock/lock.ts';
import { shortDigest } from '../reference/digest.ts';
import { effectiveTag, normalizedReference } from '../reference/reference.ts';
import type { CheckSources } from './check-sources.ts';
import { type DeclaredImage, findingAt } from './declared-image.ts';

/**
 * Tags that the ledger has seen with more than one digest. References with a digest are safe, and those in the
 * lock are compared with what was locked instead.
 */
export async function checkMoves(
  images: readonly DeclaredImage[],
  lock: Lock | undefined,
  { ledger, signal }: CheckSources,
): Promise<Report> {
  if (ledger === undefined) return { findings: [], problems: [] };
  const lookup = lock === undefined ? undefined : lookupIn(lock);
  const open = images.filter(
    ({ reference }) =>
      reference.digest === undefined && (lookup === undefined || lookup.ask(reference).kind === 'unlocked'),
  );
  const findings: Finding[] = [];
  for (const [, places] of Map.groupBy(open, ({ reference }) => normalizedReference(reference))) {
    signal.throwIfAborted();
    const [{ reference } = {}] = places;
    const tag = reference === undefined ? undefined : effectiveTag(reference);
    if (reference === undefined || tag === undefined) continue;
    const { repository } = reference;
    const moves = movesOf({ repository, tag }, await ledger.listObservations(repository, tag));
    const last = moves.at(-1);
    if (last === undefined) continue;
    const count = moves.length === 1 ? 'moved' : `moved ${moves.length} times, last`;
    const message = `${reference.original} ${count} between ${formatInstant(last.lastSeenAt)} and ${formatInstant(last.noticedAt)}: ${shortDigest(last.from)} became ${shortDigest(last.to)} (noticed by ${last.source})`;
    const hint = `see "holdfast history ${reference.original}"; then lock and pin the content that is meant`;
    findings.push(...places.map((place) => findingAt(place, 'moved-tag', message, hint)));
  }
  return { findings, problems: [] };
}
