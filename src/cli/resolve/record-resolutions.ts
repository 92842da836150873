import { type EpochMs, formatInstant } from '../../clock.ts';
import { HoldfastError } from '../../errors.ts';
import type { Ledger, Move, Sighting } from '../../ledger/ledger.ts';
import { shortDigest } from '../../reference/digest.ts';
import { effectiveTag, type Reference } from '../../reference/reference.ts';
import { repositoryName } from '../../reference/repository.ts';
import type { RegistryReader } from '../../registry/registry-client.ts';
import { type ConfirmDependencies, confirmSightings, type Told } from '../../resolve/confirm-resolutions.ts';
import type { Resolution } from '../../resolve/resolve.ts';
import type { CommandOptions } from '../command.ts';
import type { Host } from '../host.ts';
import { withLedger } from '../ledger-option.ts';

/** A resolution, and when it was known. */
export type Seen = { readonly resolution: Resolution; readonly observedAt: EpochMs };

/** What came of recording. */
export type Recorded = {
  readonly moves: readonly Move[];
  /** Whether some registry's bytes are not what its header says. */
  readonly isContradicted: boolean;
};

const nothing: Recorded = { moves: [], isContradicted: false };

/** The digests are printed by then, and whoever waits for them should not wait for another process's scan. */
const ledgerWaitMs = 1000;

/**
 * Tells the ledger what the tags pointed to, and says on stderr which had moved and what could not be believed.
 * A ledger that cannot be written is a warning: the digests were asked for, and they are there.
 */
export async function recordResolutions(
  host: Host,
  options: CommandOptions,
  seen: readonly Seen[],
  registry: RegistryReader,
): Promise<Recorded> {
  const told = seen.flatMap(toldOf);
  if (options['ledger'] === false || told.length === 0) return nothing;
  try {
    return await withLedger(
      host,
      options,
      (ledger) => record({ ledger, registry, signal: host.signal }, told, host),
      { waitMs: ledgerWaitMs },
    );
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    host.stderr.write(`holdfast: warning: not recorded: ${error.message}\n`);
    if (error.hint !== undefined)
      host.stderr.write(`  hint: ${error.hint}, or record nothing with --no-ledger\n`);
    return nothing;
  }
}

async function record(
  dependencies: ConfirmDependencies & { readonly ledger: Ledger },
  told: readonly Told[],
  host: Host,
): Promise<Recorded> {
  const confirmed: Sighting[] = [];
  let isContradicted = false;
  let moves: readonly Move[] = [];
  try {
    for await (const one of confirmSightings(dependencies, told)) {
      if (one.kind === 'confirmed') confirmed.push(one.sighting);
      if (one.kind === 'unconfirmed') {
        isContradicted ||= one.isContradicted;
        host.stderr.write(`holdfast: warning: not recorded: ${one.message}\n`);
      }
    }
  } finally {
    // Also where Ctrl-C ends it: what was confirmed until then is worth keeping.
    moves = await dependencies.ledger.recordSightings(confirmed);
  }
  const references = told.map(({ reference }) => reference);
  for (const move of moves) host.stderr.write(`holdfast: ${moveText(move, references)}\n`);
  return { moves, isContradicted };
}

export function isMoveOf(move: Move, reference: Reference): boolean {
  return (
    move.tag === effectiveTag(reference) &&
    repositoryName(move.repository) === repositoryName(reference.repository)
  );
}

/** Only a tag that was asked for was seen: beside a digest it is a word, not an observation. */
function toldOf({ resolution, observedAt }: Seen): readonly Told[] {
  if (resolution.kind !== 'found') return [];
  const { reference, rootDigest, isComputed } = resolution;
  const tag = effectiveTag(reference);
  if (tag === undefined || reference.digest !== undefined) return [];
  const { repository } = reference;
  const sighting: Sighting = { repository, tag, digest: rootDigest, observedAt, source: 'resolve' };
  return [{ reference, sighting, isComputed }];
}

/** `REFERENCE moved from … to …`, as the first of these spells it; in full where none does: the ledger knows no spelling. */
export function moveText(move: Move, references: readonly Reference[]): string {
  const { repository, tag, from, to, lastSeenAt } = move;
  const written = references.find((one) => one.digest === undefined && isMoveOf(move, one));
  const name = written?.original ?? `${repositoryName(repository)}:${tag}`;
  return `${name} moved from ${shortDigest(from)} (last seen ${formatInstant(lastSeenAt)}) to ${shortDigest(to)}`;
}
