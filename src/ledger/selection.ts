import type { EpochMs } from '../clock.ts';
import type { Digest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { ClaimFence } from './claims.ts';

/** The tag a policy chose, as stored: never overwritten, each change is a revision of its own. */
export type Selection = {
  /** Whose choice it is: `CLUSTER/NAMESPACE/NAME` of the policy. */
  readonly name: string;
  /** 1 for the first choice; each one that replaces it counts one up. */
  readonly revision: number;
  readonly repository: Repository;
  readonly tag: Tag;
  readonly digest: Digest | undefined;
  /** The policy's spec it was chosen under, as text to compare: a changed one may go back. */
  readonly policy: string;
  readonly selectedAt: EpochMs;
  /** Who chose, and why where a person did. */
  readonly selectedBy: string;
  readonly reason: string | undefined;
};

/** What is to be stored: the ledger gives the revision. */
export type NextSelection = Omit<Selection, 'revision'>;

export type SelectionOutcome =
  | { readonly kind: 'advanced'; readonly selection: Selection }
  /** Somebody else was there first: `current` is what is stored now. Nothing was written. */
  | { readonly kind: 'stale'; readonly current: Selection | undefined };

/** Selections: read, and replaced only by whoever knows the one being replaced. */
export interface SelectionLedger {
  findSelection(name: string): Promise<Selection | undefined>;
  /**
   * Stores `next` in place of `expected` (undefined: there is none yet), or refuses where that is not what is
   * stored. Whether `next` may replace it is the policy's to say; this is the guard that what the policy
   * looked at is still true. With a `fence`, only for as long as its claim is held.
   * @throws LedgerError `CLAIM_LOST`; `CLAIMS_UNSUPPORTED` where there are no claims
   */
  advanceSelection(
    expected: Selection | undefined,
    next: NextSelection,
    fence?: ClaimFence,
  ): Promise<SelectionOutcome>;
  /**
   * Gives a selection and all its revisions another name, unless there is one of that name already: of two that
   * want the same selection, the first has it. Answers what is selected under the new name now.
   */
  renameSelection(from: string, to: string): Promise<Selection | undefined>;
}
