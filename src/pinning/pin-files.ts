import type { DeclaredFile } from '../declared/declared.ts';
import type { Finding } from '../findings/finding.ts';
import { contradiction, notInLock, type ReferenceInFile, staleDigest } from '../lock/compare-lock.ts';
import { type LockEntry, type LockLookup, lookupIn } from '../lock/lock.ts';
import { pinImageField, unpinImageField } from '../manifests/edit-image-field.ts';
import type { Refusal } from '../manifests/edit-outcome.ts';
import type { ImageField } from '../manifests/image-field.ts';
import { type Reference, withDigest, withoutDigest } from '../reference/reference.ts';
import { editFile, type WantedEdit } from './edit-file.ts';
import type { LockOnDisk } from './lock-on-disk.ts';
import { locate, meaningOf, type NotLockable, type Viewpoint } from './lockable.ts';

/** One field that was changed, or would be. */
export type FieldEdit = {
  readonly at: ReferenceInFile;
  readonly field: ImageField;
  readonly from: string;
  readonly to: Reference;
};

/** What becomes of one file. */
export type FilePlan = {
  readonly file: DeclaredFile;
  /** The text as it is to be; the same as the file's where nothing changes. */
  readonly after: string;
  readonly edits: readonly FieldEdit[];
  readonly refused: readonly { readonly edit: FieldEdit; readonly refusal: Refusal }[];
  readonly findings: readonly Finding[];
  /** Fields that hold nothing to pin, by reason. */
  readonly skipped: readonly NotLockable[];
  /** Digests left where they are, for the lock did not put them there. */
  readonly left: readonly ReferenceInFile[];
};

/** Writes the lock's digests into a file, or takes them out; asks nobody but the lock. */
export type FilePlanner = (file: DeclaredFile) => FilePlan;

/**
 * `pin`: every reference gets the digest the lock has for it. A reference that the lock does not know, or
 * whose digest it never gave, is a finding and stays.
 */
export function pinPlanner(lock: LockOnDisk, viewpoint: Viewpoint): FilePlanner {
  const lookup = lookupIn(lock.lock);
  return planner(viewpoint, (at) => {
    const answer = lookup.ask(at.reference);
    switch (answer.kind) {
      case 'unlocked':
        return at.reference.digest === undefined
          ? { kind: 'finding', finding: notInLock(at, lock.file) }
          : { kind: 'stay' };
      case 'stale':
        return { kind: 'finding', finding: staleDigest(at, answer.entry) };
      case 'contradicted':
        return { kind: 'finding', finding: contradiction(at, answer.entry, lock.file) };
      case 'outdated':
        return pinTo(at.reference, answer.entry);
      case 'locked':
        return at.reference.digest === undefined ? pinTo(at.reference, answer.entry) : { kind: 'stay' };
    }
  });
}

/**
 * `unpin`: takes out the digests that the lock put there, and leaves those that people wrote; with `all`,
 * every digest that stands beside a tag.
 */
export function unpinPlanner(
  lock: LockOnDisk,
  viewpoint: Viewpoint,
  options: { readonly all: boolean },
): FilePlanner {
  const lookup = lookupIn(lock.lock);
  return planner(viewpoint, (at) => {
    if (at.reference.digest === undefined) return { kind: 'stay' };
    const isOurs = isLocksOwn(lookup, at) || (options.all && at.reference.tag !== undefined);
    return isOurs ? { kind: 'edit', to: withoutDigest(at.reference), digest: undefined } : { kind: 'leave' };
  });
}

function isLocksOwn(lookup: LockLookup, at: ReferenceInFile): boolean {
  const answer = lookup.ask(at.reference);
  if (answer.kind === 'outdated' || answer.kind === 'stale') return true;
  if (answer.kind !== 'locked' || answer.how !== 'pinned') return false;
  // The same reference with the same digest may stand elsewhere by hand: the lock notes where.
  const written = lookup.find(at.reference)?.writtenIn;
  return written === undefined || at.place === undefined || !written.includes(at.place);
}

type Decision =
  | { readonly kind: 'edit'; readonly to: Reference; readonly digest: LockEntry['digest'] | undefined }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'stay' }
  | { readonly kind: 'leave' };

function pinTo(reference: Reference, { digest }: LockEntry): Decision {
  return { kind: 'edit', to: withDigest(reference, digest), digest };
}

function planner(viewpoint: Viewpoint, decide: (at: ReferenceInFile) => Decision): FilePlanner {
  return (file) => {
    const findings: Finding[] = [];
    const skipped: NotLockable[] = [];
    const left: ReferenceInFile[] = [];
    const wanted: (WantedEdit & { readonly edit: FieldEdit })[] = [];
    for (const field of file.fields) {
      const meaning = meaningOf(field);
      if (meaning.kind === 'none') {
        skipped.push(meaning.because);
        continue;
      }
      const at = locate(file, field, meaning.reference, viewpoint);
      const decision = decide(at);
      if (decision.kind === 'finding') findings.push(decision.finding);
      if (decision.kind === 'leave') left.push(at);
      if (decision.kind !== 'edit') continue;
      const to = decision.to.original;
      const outcome =
        decision.digest === undefined
          ? unpinImageField(file.text, field)
          : pinImageField(file.text, field, decision.digest);
      wanted.push({ field, to, outcome, edit: { at, field, from: field.reference, to: decision.to } });
    }
    const edited = editFile(file, wanted);
    return {
      file,
      after: edited.text,
      edits: edited.done.map((one) => one.edit),
      refused: edited.refused.map(({ wanted: { edit }, refusal }) => ({ edit, refusal })),
      findings,
      skipped,
      left,
    };
  };
}
