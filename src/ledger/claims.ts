/**
 * Claims: which of several replicas works on which key, shared out fairly through the ledger's database. Time is
 * the database's alone: no two replicas need clocks that agree.
 */

import { LedgerError } from './errors.ts';

/** One replica's part in sharing out one set of keys. */
export type ClaimPlace = {
  /** What is shared out: replicas of one cluster and one shard name the same. */
  readonly scope: string;
  /** Unique, also from the process before this one. */
  readonly replica: string;
};

/**
 * Goes with a write that only the holder of a claim may make: whether it still holds is looked up in the
 * transaction of the write.
 */
export type ClaimFence = ClaimPlace & {
  readonly key: string;
  /** Which stretch of holding it is: another one's in between is noticed. */
  readonly epoch: number;
};

export type ClaimTurn = {
  /** Every key that is to be worked on by somebody. */
  readonly wanted: readonly string[];
  /** How long what is held now holds without another turn. */
  readonly durationMs: number;
};

export type ClaimTurnOutcome = {
  /** What this replica holds now, by epoch: renewed, or taken because it was free. */
  readonly held: ReadonlyMap<string, number>;
  /** How many of the wanted keys are this replica's to hold. */
  readonly share: number;
  /** How many keys other replicas still lack of their shares. */
  readonly lackingElsewhere: number;
  /** Replicas that live, this one among them. */
  readonly replicas: number;
};

/** One replica's claims, and its connection to the place where they are kept. */
export interface Claims {
  readonly place: ClaimPlace;
  /**
   * Says that this replica lives, renews all that it holds, and takes what is free up to its share. Keys that
   * nobody took for as long as a claim holds are taken beyond the share, too: whoever should have them does not
   * know of them.
   * @throws LedgerError
   */
  takeTurn(turn: ClaimTurn): Promise<ClaimTurnOutcome>;
  /** Gives keys back; others may take them at once. Keys that were lost meanwhile stay whose they are. @throws LedgerError */
  release(keys: readonly string[]): Promise<void>;
  /** Gives everything back, and counts no more among the replicas. @throws LedgerError */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** One file is one replica's: nobody to share with, and no clock that is neither's. */
export function claimsUnsupported(location: string): LedgerError {
  return new LedgerError('CLAIMS_UNSUPPORTED', `several replicas cannot share the ledger file ${location}`, {
    hint: 'name a database with --ledger postgres://…, or let one replica lead with --enable-leader-election',
  });
}
