import type { Reference } from '../reference/reference.ts';
import { withoutDigest } from '../reference/reference.ts';
import type { ReferenceInFile } from './compare-lock.ts';
import { type Lock, type LockEntry, lockKey, lookupIn, makeLock } from './lock.ts';

/** What locking has to ask the registry, and what it takes over as it is. */
export type LockPlan = {
  readonly keep: readonly LockEntry[];
  /** One of each, as first written. */
  readonly resolve: readonly Reference[];
  /** Entries that nobody uses any more. */
  readonly remove: readonly LockEntry[];
  /** References to be resolved that have another tag's digest, by key, with that tag's entry. */
  readonly stale: ReadonlyMap<string, LockEntry>;
  /** References with a digest that the lock never gave them: nothing is decided about these. */
  readonly contradicted: readonly { readonly one: ReferenceInFile; readonly entry: LockEntry }[];
};

export type PlanOptions = {
  /** Ask the registry again for every tag. */
  readonly update: boolean;
  /** False where some file could not be read: then nothing is removed, for it may be used there. */
  readonly isWhole: boolean;
};

/**
 * Compares what is declared with the lock there is. An entry is kept while it is used: a tag that moved
 * stays what it was until `update`.
 */
export function planLock(old: Lock, references: readonly ReferenceInFile[], options: PlanOptions): LockPlan {
  const lookup = lookupIn(old);
  const keep = new Map<string, LockEntry>();
  const resolve = new Map<string, Reference>();
  const stale = new Map<string, LockEntry>();
  const contradicted: { one: ReferenceInFile; entry: LockEntry }[] = [];
  for (const one of references) {
    const { reference } = one;
    const answer = lookup.ask(reference);
    if (answer.kind === 'stale') stale.set(lockKey(reference), answer.entry);
    if (answer.kind === 'unlocked' || answer.kind === 'stale') addShortest(resolve, reference);
    else keep.set(lockKey(answer.entry.reference), answer.entry);
    if (answer.kind === 'contradicted') contradicted.push({ one, entry: answer.entry });
    const own = lookup.find(reference);
    if (own !== undefined) keep.set(lockKey(own.reference), own);
  }
  if (options.update) for (const entry of keep.values()) addShortest(resolve, entry.reference);
  const unused = old.entries.filter((entry) => !keep.has(lockKey(entry.reference)));
  return {
    keep: [...keep.values(), ...(options.isWhole ? [] : unused)],
    resolve: [...resolve.values()],
    remove: options.isWhole ? unused : [],
    stale,
    contradicted,
  };
}

/** Of several spellings the shortest, then the first in order: the same whatever order files come in. */
function addShortest(map: Map<string, Reference>, reference: Reference): void {
  const key = lockKey(reference);
  const known = map.get(key)?.original;
  const { original } = reference;
  const isBetter =
    known === undefined ||
    original.length < known.length ||
    (original.length === known.length && original < known);
  if (isBetter) map.set(key, reference);
}

/** Digests an entry remembers having had: the files of a long-lived branch may still have one of them. */
const replacedMax = 10;

/**
 * The new lock: what was resolved, over what is kept. An entry whose digest stays the same stays as it is,
 * so that a lock that changes nothing gives no difference to review.
 */
export function carryOut(
  plan: LockPlan,
  resolved: readonly LockEntry[],
  references: readonly ReferenceInFile[],
): Lock {
  const kept = new Map(plan.keep.map((entry) => [lockKey(entry.reference), entry]));
  const fresh = resolved.map((entry) => {
    const before = kept.get(lockKey(entry.reference));
    if (before === undefined) return entry;
    if (before.digest === entry.digest) return before;
    const replaced = [before.digest, ...(before.replaced ?? [])].filter((one) => one !== entry.digest);
    return { ...entry, replaced: replaced.slice(0, replacedMax) };
  });
  return markWritten(makeLock([...plan.keep, ...fresh]), references, new Set(kept.keys()));
}

/**
 * A digest written by hand, beside the same reference without one elsewhere: once both are pinned they look
 * alike, so the places that had it first are noted.
 */
function markWritten(lock: Lock, references: readonly ReferenceInFile[], known: ReadonlySet<string>): Lock {
  const lookup = lookupIn(lock);
  const marked = lock.entries.map((entry) => {
    const { reference } = entry;
    if (reference.digest === undefined || known.has(lockKey(reference))) return entry;
    if (lookup.find(withoutDigest(reference))?.digest !== reference.digest) return entry;
    const places = references
      .filter((one) => lockKey(one.reference) === lockKey(reference))
      .flatMap((one) => one.place ?? []);
    return { ...entry, writtenIn: [...new Set(places)].toSorted() };
  });
  return { entries: marked };
}
