import type { Finding } from '../findings/finding.ts';
import { ruleOf } from '../findings/rules.ts';
import { shortDigest } from '../reference/digest.ts';
import { joinReference, type Reference } from '../reference/reference.ts';
import { type Lock, type LockEntry, lockKey, lookupIn } from './lock.ts';

/** A reference and where it was read. */
export type ReferenceInFile = {
  readonly reference: Reference;
  /** As shown to people. */
  readonly file: string;
  /** The same relative to the working directory, where there is a real file. */
  readonly path?: string;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  /** The same place as the lock file names it; see `writtenIn`. Absent where there is no file. */
  readonly place?: string;
};

/** The lock file a comparison speaks of. */
export type LockInFile = { readonly lock: Lock; readonly file: string };

/**
 * What the lock does not say, says otherwise, or says in vain, without asking any registry. `isWhole` is
 * false where some file could not be read: then an entry that nobody uses may be used there, and is not
 * called unused.
 */
export function compareWithLock(
  { lock, file }: LockInFile,
  references: readonly ReferenceInFile[],
  isWhole: boolean,
): readonly Finding[] {
  const lookup = lookupIn(lock);
  const used = new Set<string>();
  const findings: Finding[] = [];
  for (const one of references) {
    const answer = lookup.ask(one.reference);
    used.add(lockKey(one.reference));
    if (answer.kind === 'unlocked') findings.push(notInLock(one, file));
    else used.add(lockKey(answer.entry.reference));
    if (answer.kind === 'contradicted') findings.push(contradiction(one, answer.entry, file));
    if (answer.kind === 'stale') findings.push(staleDigest(one, answer.entry));
    if (answer.kind === 'outdated') findings.push(outdated(one, answer.entry, file));
  }
  const unused = isWhole ? lock.entries.filter((entry) => !used.has(lockKey(entry.reference))) : [];
  return [...findings, ...unused.map((entry) => lockUnused(entry, file))];
}

export type FindingPlace = Pick<Finding, 'file' | 'path' | 'line' | 'column' | 'reference'>;

/** A finding at the place a reference stands. */
export function placeOf(one: ReferenceInFile): FindingPlace {
  return {
    file: one.file,
    ...(one.path === undefined ? {} : { path: one.path }),
    line: one.line,
    column: one.column,
    reference: one.reference.original,
  };
}

/** A finding at an entry of the lock file. */
export function placeInLock(entry: LockEntry, file: string): FindingPlace {
  return {
    file,
    path: file,
    ...(entry.line === undefined ? {} : { line: entry.line }),
    reference: entry.reference.original,
  };
}

/** A reference without a digest that the lock knows nothing of. */
export function notInLock(one: ReferenceInFile, lockFile: string): Finding {
  return {
    rule: 'not-in-lock',
    severity: ruleOf('not-in-lock').severity,
    message: `${one.reference.original} is not in ${lockFile}`,
    hint: 'run "holdfast lock" with the same PATHs and commit the lock file',
    ...placeOf(one),
  };
}

/** A digest in a file that the lock did not put there. */
export function contradiction(one: ReferenceInFile, entry: LockEntry, lockFile: string): Finding {
  return {
    rule: 'lock-contradiction',
    severity: ruleOf('lock-contradiction').severity,
    message: `${disagreement(one, entry, lockFile)}, which never had the first`,
    hint:
      'if the digest in the file is meant, remove the entry from the lock file and run "holdfast lock";' +
      ' if the lock is right, take the digest out of the file and run "holdfast pin"',
    ...placeOf(one),
  };
}

/** A tag that was changed while the digest of the old one stayed: the new tag is nowhere deployed. */
export function staleDigest(one: ReferenceInFile, entry: LockEntry): Finding {
  const { name, tag } = one.reference;
  return {
    rule: 'lock-contradiction',
    severity: ruleOf('lock-contradiction').severity,
    message: `${joinReference(name, tag, undefined)} has the digest of ${entry.reference.original}, and that is what runs`,
    hint: 'take the old digest out with "holdfast unpin", then run "holdfast lock" and "holdfast pin"',
    ...placeOf(one),
  };
}

function outdated(one: ReferenceInFile, entry: LockEntry, lockFile: string): Finding {
  return {
    rule: 'lock-contradiction',
    severity: ruleOf('lock-contradiction').severity,
    message: `${disagreement(one, entry, lockFile)}, which replaced it`,
    hint: 'run "holdfast pin" to bring the file up to date',
    ...placeOf(one),
  };
}

function disagreement(one: ReferenceInFile, entry: LockEntry, lockFile: string): string {
  const { name, tag, digest } = one.reference;
  const written = digest === undefined ? 'no digest' : shortDigest(digest);
  return `${joinReference(name, tag, undefined)} has ${written} here and ${shortDigest(entry.digest)} in ${lockFile}`;
}

function lockUnused(entry: LockEntry, lockFile: string): Finding {
  return {
    rule: 'lock-unused',
    severity: ruleOf('lock-unused').severity,
    message: `${entry.reference.original} is in ${lockFile} and in none of the files`,
    hint: 'run "holdfast lock" with the same PATHs to drop it, or see whether a file was left out',
    ...placeInLock(entry, lockFile),
  };
}
