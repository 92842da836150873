import { formatInstant } from '../clock.ts';
import type { Finding, Problem, Report } from '../findings/finding.ts';
import { type RuleId, ruleOf } from '../findings/rules.ts';
import { movesOf } from '../ledger/history.ts';
import type { Ledger, Sighting } from '../ledger/ledger.ts';
import {
  type FindingPlace,
  type LockInFile,
  placeInLock,
  placeOf,
  type ReferenceInFile,
} from '../lock/compare-lock.ts';
import { type LockEntry, lockKey, lookupIn } from '../lock/lock.ts';
import { type Digest, shortDigest } from '../reference/digest.ts';
import { effectiveTag } from '../reference/reference.ts';
import type { Tag } from '../reference/tag.ts';
import { type Asking, requestOptions } from './asking.ts';
import { mapBounded } from './bounded.ts';
import { askedAtOnce, problemOf } from './lock-references.ts';
import { sightingOf } from './resolve-entry.ts';

export type VerifyDependencies = Asking & {
  /** Told what is seen, and asked who saw a tag move; absent where nobody keeps it. */
  readonly ledger?: Pick<Ledger, 'listObservations' | 'recordSightings'>;
  readonly onProgress?: (done: number, total: number) => void;
};

/**
 * Asks the registries whether every entry of a lock still holds: tags that moved, with what the ledger knows
 * of it, and content that is gone. A registry that cannot be asked is a problem, never a finding.
 * @param references where the entries are used, so that a finding points into a file
 * @throws the signal's reason; LedgerError
 */
export async function verifyLock(
  dependencies: VerifyDependencies,
  locked: LockInFile,
  references: readonly ReferenceInFile[],
): Promise<Report> {
  const { entries } = locked.lock;
  let done = 0;
  const answers = await mapBounded(entries, askedAtOnce, async (entry): Promise<Answer> => {
    try {
      dependencies.signal?.throwIfAborted();
      return { entry, verdict: await askFor(dependencies, entry) };
    } catch (error) {
      dependencies.signal?.throwIfAborted();
      return { entry, problem: problemOf({ reference: entry.reference, error }) };
    } finally {
      done += 1;
      dependencies.onProgress?.(done, entries.length);
    }
  });
  await dependencies.ledger?.recordSightings(answers.flatMap((one) => one.verdict?.sightings ?? []));
  const places = placesOf(locked, references);
  const findings: Finding[] = [];
  const problems: Problem[] = [];
  for (const { entry, verdict, problem } of answers) {
    const standing = places.get(lockKey(entry.reference)) ?? [placeInLock(entry, locked.file)];
    if (problem !== undefined) problems.push(problem);
    if (verdict?.kind === 'gone') findings.push(...at(standing, goneFinding(entry, verdict)));
    if (verdict?.kind === 'moved') {
      findings.push(...at(standing, await movedFinding(dependencies, entry, verdict)));
    }
  }
  return { findings, problems };
}

type Answer = {
  readonly entry: LockEntry;
  readonly verdict?: Verdict;
  readonly problem?: Problem;
};

type Verdict = { readonly sightings: readonly Sighting[] } & (
  | { readonly kind: 'holds' }
  | { readonly kind: 'moved'; readonly tag: Tag; readonly to: Digest; readonly isLockedThere: boolean }
  | { readonly kind: 'gone'; readonly tag: Tag | undefined; readonly isLockedThere: boolean }
);

async function askFor(asking: VerifyDependencies, entry: LockEntry): Promise<Verdict> {
  const { registry, clock, signal } = asking;
  const { repository, digest: written } = entry.reference;
  const tag = written === undefined ? effectiveTag(entry.reference) : undefined;
  const isThere = async (): Promise<boolean> =>
    (await registry.headManifest(repository, entry.digest, requestOptions(signal))) !== undefined;
  if (tag === undefined) {
    return (await isThere())
      ? { kind: 'holds', sightings: [] }
      : { kind: 'gone', tag, isLockedThere: false, sightings: [] };
  }
  const head = await registry.headManifest(repository, tag, requestOptions(signal));
  if (head === undefined) return { kind: 'gone', tag, isLockedThere: await isThere(), sightings: [] };
  const seen = (digest: Digest): readonly Sighting[] => [sightingOf(repository, tag, digest, clock.now())];
  if (head.digest === entry.digest) return { kind: 'holds', sightings: seen(head.digest) };
  // A header is a hint: before a tag is said to have moved, the digest is computed from the bytes.
  const fetched = await registry.getManifest(repository, tag, requestOptions(signal));
  if (fetched === undefined) return { kind: 'gone', tag, isLockedThere: await isThere(), sightings: [] };
  const sightings = seen(fetched.digest);
  if (fetched.digest === entry.digest) return { kind: 'holds', sightings };
  return { kind: 'moved', tag, to: fetched.digest, isLockedThere: await isThere(), sightings };
}

async function movedFinding(
  { ledger }: VerifyDependencies,
  entry: LockEntry,
  { tag, to, isLockedThere }: Extract<Verdict, { kind: 'moved' }>,
): Promise<Finding> {
  const since = entry.resolvedAt === undefined ? '' : ` since ${formatInstant(entry.resolvedAt)}`;
  const history = ledger === undefined ? '' : await historyOf(ledger, entry, tag, to);
  const kept = isLockedThere
    ? 'the locked content is still there: "holdfast pin" keeps it'
    : 'the locked content is no longer in the registry: nodes that lack it cannot pull it';
  return found(
    'moved-tag',
    `${entry.reference.original} moved: locked ${shortDigest(entry.digest)}${since}, now ${shortDigest(to)}${history}`,
    `${kept}; "holdfast lock --update" takes the new one, once it is reviewed`,
  );
}

/** `; noticed between A and B by scan`: the move from the locked digest, or the last one to the new digest. */
async function historyOf(
  ledger: Pick<Ledger, 'listObservations'>,
  entry: LockEntry,
  tag: Tag,
  to: Digest,
): Promise<string> {
  const { repository } = entry.reference;
  const moves = movesOf({ repository, tag }, await ledger.listObservations(repository, tag));
  const move = moves.find((one) => one.from === entry.digest) ?? moves.findLast((one) => one.to === to);
  if (move === undefined) return '';
  const between = `between ${formatInstant(move.lastSeenAt)} and ${formatInstant(move.noticedAt)}`;
  const count = moves.length > 1 ? `; ${moves.length} moves are recorded` : '';
  return `; it moved ${between}, noticed by ${move.source}${count}`;
}

function goneFinding(entry: LockEntry, { tag, isLockedThere }: Extract<Verdict, { kind: 'gone' }>): Finding {
  const { original } = entry.reference;
  if (tag !== undefined && isLockedThere) {
    return found(
      'not-in-registry',
      `the tag of ${original} is gone from its registry; its locked content ${shortDigest(entry.digest)} is still there`,
      'pin it by digest with "holdfast pin", and find out why the tag was taken away',
    );
  }
  return found(
    'not-in-registry',
    `${original} is gone from its registry, and so is its locked content ${shortDigest(entry.digest)}`,
    'push it again or copy it from a node or a mirror that has it, or choose another version',
  );
}

function found(rule: RuleId, message: string, hint: string): Finding {
  return { rule, severity: ruleOf(rule).severity, message, hint };
}

/** The same finding at every place, so that each file that is concerned is named. */
function at(places: readonly FindingPlace[], finding: Finding): readonly Finding[] {
  return places.map((place) => ({ ...finding, ...place }));
}

/** Where each entry that is used anywhere stands. */
function placesOf(
  { lock }: LockInFile,
  references: readonly ReferenceInFile[],
): ReadonlyMap<string, readonly FindingPlace[]> {
  const lookup = lookupIn(lock);
  const places = new Map<string, FindingPlace[]>();
  for (const one of references) {
    const answer = lookup.ask(one.reference);
    const entry = lookup.find(one.reference) ?? (answer.kind === 'unlocked' ? undefined : answer.entry);
    if (entry === undefined) continue;
    const key = lockKey(entry.reference);
    places.set(key, [...(places.get(key) ?? []), placeOf(one)]);
  }
  return places;
}
