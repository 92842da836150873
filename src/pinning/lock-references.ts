/**
 * Room `pinning`: use cases around the lock: locking what is declared, comparing with it, asking the registry
 * whether it still holds, and writing its digests into files and out again. May import the ports, `declared`
 * and the model.
 *
 * Invariants: a lock entry changes only when somebody asks; an edit changes only the bytes it reports; a file
 * that would not read as intended afterwards is left alone.
 */
import { describeError, HoldfastError } from '../errors.ts';
import type { Finding, Problem, Report } from '../findings/finding.ts';
import { ruleOf } from '../findings/rules.ts';
import type { LedgerWriter, Move, Sighting } from '../ledger/ledger.ts';
import { contradiction, placeOf, type ReferenceInFile, staleDigest } from '../lock/compare-lock.ts';
import { type Lock, type LockEntry, lockKey } from '../lock/lock.ts';
import { carryOut, type LockPlan, type PlanOptions, planLock } from '../lock/plan-lock.ts';
import { type Reference, sayOf } from '../reference/reference.ts';
import { type Asking, requestOptions } from './asking.ts';
import { mapBounded } from './bounded.ts';
import { type ResolvedEntry, resolveEntry } from './resolve-entry.ts';

/** References asked about at once, over all registries; the client limits each host for itself. */
export const askedAtOnce = 16;

export type LockRequest = PlanOptions & {
  readonly old: Lock;
  /** The lock file's name, for messages. */
  readonly file: string;
  readonly references: readonly ReferenceInFile[];
};

export type LockDependencies = Asking & {
  /** Told what was seen; absent where nobody keeps it. */
  readonly ledger?: Pick<LedgerWriter, 'recordSightings'>;
  /** Called after each answer. */
  readonly onProgress?: (done: number, total: number) => void;
};

export type LockOutcome = {
  readonly lock: Lock;
  readonly added: readonly LockEntry[];
  /** With the digest they had before in `replaced`. */
  readonly updated: readonly LockEntry[];
  readonly removed: readonly LockEntry[];
  readonly report: Report;
  /** Tags that the ledger knew with another digest. */
  readonly moves: readonly Move[];
  readonly notes: readonly string[];
};

/**
 * A lock for what is declared. References the registry does not have are findings, those it could not be
 * asked about are problems; the lock holds all others, so that no answer is lost.
 * @throws the signal's reason; LedgerError
 */
export async function lockReferences(
  dependencies: LockDependencies,
  request: LockRequest,
): Promise<LockOutcome> {
  const drawn = planLock(request.old, request.references, request);
  const answers = await askAll(dependencies, drawn);
  const plan = keepOrigins(drawn, answers);
  const resolved = answers.flatMap((answer) => (answer.kind === 'resolved' ? [answer.resolved] : []));
  const moves = await record(
    dependencies.ledger,
    resolved.flatMap((one) => one.sightings),
  );
  const lock = carryOut(
    plan,
    resolved.map((one) => one.entry),
    request.references,
  );
  const before = new Map(request.old.entries.map((entry) => [lockKey(entry.reference), entry]));
  return {
    lock,
    added: lock.entries.filter((entry) => !before.has(lockKey(entry.reference))),
    updated: lock.entries.filter((entry) => {
      const old = before.get(lockKey(entry.reference));
      return old !== undefined && old.digest !== entry.digest;
    }),
    removed: plan.remove,
    report: {
      findings: [
        ...plan.contradicted.map(({ one, entry }) => contradiction(one, entry, request.file)),
        ...answers.flatMap((answer) => (answer.kind === 'stale' ? stale(answer, request) : [])),
        ...answers.flatMap((answer) => (answer.kind === 'missing' ? missing(answer.reference, request) : [])),
      ],
      problems: answers.flatMap((answer) => (answer.kind === 'failed' ? [problemOf(answer)] : [])),
    },
    moves,
    notes: resolved.flatMap((one) => one.notes),
  };
}

/** The entry whose digest a changed tag still has is what shows the mistake: it goes when that is mended. */
function keepOrigins(plan: LockPlan, answers: readonly Answer[]): LockPlan {
  const mended = new Set(
    answers.flatMap((answer) =>
      answer.kind === 'resolved' ? [lockKey(answer.resolved.entry.reference)] : [],
    ),
  );
  const origins = [...plan.stale].flatMap(([key, entry]) => (mended.has(key) ? [] : [entry]));
  return {
    ...plan,
    keep: [...plan.keep, ...origins],
    remove: plan.remove.filter((entry) => !origins.includes(entry)),
  };
}

type Answer =
  | { readonly kind: 'resolved'; readonly resolved: ResolvedEntry }
  | { readonly kind: 'missing'; readonly reference: Reference }
  /** It has another tag's digest, and its own tag names something else or nothing. */
  | { readonly kind: 'stale'; readonly reference: Reference; readonly entry: LockEntry }
  | { readonly kind: 'failed'; readonly reference: Reference; readonly error: unknown };

async function askAll(dependencies: LockDependencies, plan: LockPlan): Promise<readonly Answer[]> {
  const { signal, onProgress } = dependencies;
  let done = 0;
  return mapBounded(plan.resolve, askedAtOnce, async (reference): Promise<Answer> => {
    signal?.throwIfAborted();
    try {
      const origin = plan.stale.get(lockKey(reference));
      if (origin !== undefined && !(await isDigestOfTag(dependencies, reference))) {
        return { kind: 'stale', reference, entry: origin };
      }
      const resolved = await resolveEntry(dependencies, reference);
      return resolved === undefined ? { kind: 'missing', reference } : { kind: 'resolved', resolved };
    } catch (error) {
      signal?.throwIfAborted();
      return { kind: 'failed', reference, error };
    } finally {
      done += 1;
      onProgress?.(done, plan.resolve.length);
    }
  });
}

async function record(
  ledger: LockDependencies['ledger'],
  sightings: readonly Sighting[],
): Promise<readonly Move[]> {
  return ledger === undefined || sightings.length === 0 ? [] : ledger.recordSightings(sightings);
}

/** Two tags may well share a digest, such as a build's and its version's. */
async function isDigestOfTag({ registry, signal }: Asking, reference: Reference): Promise<boolean> {
  const { repository, tag, digest } = reference;
  if (tag === undefined) return false;
  return (await registry.headManifest(repository, tag, requestOptions(signal)))?.digest === digest;
}

function stale(
  { reference, entry }: Extract<Answer, { kind: 'stale' }>,
  request: LockRequest,
): readonly Finding[] {
  return placesOf(reference, request).map((one) => staleDigest(one, entry));
}

function placesOf(reference: Reference, { references }: LockRequest): readonly ReferenceInFile[] {
  const key = lockKey(reference);
  return references.filter((one) => lockKey(one.reference) === key);
}

/** One finding for each place, so that every file that would fail is named. */
function missing(reference: Reference, request: LockRequest): readonly Finding[] {
  return placesOf(reference, request).map((one) => ({
    rule: 'not-in-registry',
    severity: ruleOf('not-in-registry').severity,
    message: `${one.reference.original} does not exist in its registry`,
    hint: 'see whether name and tag are right; it may have been deleted, or not be pushed yet',
    ...placeOf(one),
  }));
}

/** What could not be asked, with the reason the registry room gives. */
export function problemOf({
  reference,
  error,
}: {
  readonly reference: Reference;
  readonly error: unknown;
}): Problem {
  const known = error instanceof HoldfastError ? error : undefined;
  return {
    code: known?.code ?? 'UNEXPECTED',
    message: sayOf(reference, describeError(error)),
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
  };
}
