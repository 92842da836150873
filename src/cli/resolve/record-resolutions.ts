import { type EpochMs, formatInstant } from '../../clock.ts';
import { HoldfastError } from '../../errors.ts';
import type { Move, Sighting } from '../../ledger/ledger.ts';
import { shortDigest } from '../../reference/digest.ts';
import { effectiveTag } from '../../reference/reference.ts';
import { repositoryName } from '../../reference/repository.ts';
import type { Resolution } from '../../resolve/resolve.ts';
import type { CommandOptions } from '../command.ts';
import type { Host } from '../host.ts';
import { withLedger } from '../ledger-option.ts';

/** A resolution, and when it was known. */
export type Seen = { readonly resolution: Resolution; readonly observedAt: EpochMs };

/**
 * Tells the ledger what the tags pointed to, says on stderr which had moved, and answers those moves.
 * A ledger that cannot be written is a warning: the digests were asked for, and they are there.
 */
export async function recordResolutions(
  host: Host,
  options: CommandOptions,
  seen: readonly Seen[],
): Promise<readonly Move[]> {
  const sightings = seen.flatMap(sightingOf);
  if (options['ledger'] === false || sightings.length === 0) return [];
  try {
    const moves = await withLedger(host, options, (ledger) => ledger.recordSightings(sightings));
    for (const move of moves) host.stderr.write(`holdfast: ${moveText(move)}\n`);
    return moves;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    host.stderr.write(`holdfast: warning: not recorded: ${error.message}\n`);
    if (error.hint !== undefined)
      host.stderr.write(`  hint: ${error.hint}, or record nothing with --no-ledger\n`);
    return [];
  }
}

export function isMoveOf(move: Move, { reference }: Resolution): boolean {
  return (
    move.tag === effectiveTag(reference) &&
    repositoryName(move.repository) === repositoryName(reference.repository)
  );
}

/** Only a tag that was asked for was seen: beside a digest it is a word, not an observation. */
function sightingOf({ resolution, observedAt }: Seen): readonly Sighting[] {
  if (resolution.kind !== 'found') return [];
  const { reference, rootDigest } = resolution;
  const tag = effectiveTag(reference);
  if (tag === undefined || reference.digest !== undefined) return [];
  return [{ repository: reference.repository, tag, digest: rootDigest, observedAt, source: 'resolve' }];
}

/** `NAME:TAG moved from … to …`, in full: the ledger knows no spelling. */
export function moveText({ repository, tag, from, to, lastSeenAt }: Move): string {
  const name = `${repositoryName(repository)}:${tag}`;
  return `${name} moved from ${shortDigest(from)} (last seen ${formatInstant(lastSeenAt)}) to ${shortDigest(to)}`;
}
