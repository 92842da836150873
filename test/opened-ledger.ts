import type { Ledger } from '../src/ledger/ledger.ts';
import { parseRepository, type Repository } from '../src/reference/repository.ts';

/** How an implementation is opened, for the suites that every one must pass whole. */
export type OpenedLedger = {
  readonly ledger: Ledger;
  /** Another connection to the same place: another process, as far as the ledger can tell. */
  reopen(options?: { readonly scansKept?: number }): Promise<Ledger>;
  close(): Promise<void>;
};

let repositories = 0;

/** A repository that no other test of this process uses. */
export function freshRepository(): Repository {
  repositories += 1;
  return parseRepository(`registry.test/team/app-${process.pid}-${repositories}`);
}
