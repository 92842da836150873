import { HoldfastError } from '../errors.ts';

export type LedgerErrorCode =
  /** The place does not exist and cannot be made, or may not be read or written. */
  | 'LEDGER_UNREACHABLE'
  /** Somebody who only reads named a file that is not there: none is made. */
  | 'LEDGER_MISSING'
  /** A file or schema that is not a ledger: left as it was. */
  | 'LEDGER_FOREIGN'
  /** Written by a newer Holdfast: left as it was. */
  | 'LEDGER_TOO_NEW'
  /** Truncated or otherwise broken. */
  | 'LEDGER_DAMAGED'
  /** Another process holds it and did not let go in time. */
  | 'LEDGER_LOCKED'
  /** No room left where it lies. */
  | 'LEDGER_FULL'
  /** The database refused for a reason of its own. */
  | 'LEDGER_FAILED'
  /** What was handed in cannot be recorded: an instant that is none, a digest without content. */
  | 'LEDGER_REFUSED'
  /** Another scan of the same repository finished meanwhile, again and again. */
  | 'SCAN_OVERTAKEN'
  /** Several replicas want to share a ledger that is one replica's. */
  | 'CLAIMS_UNSUPPORTED'
  /** Another replica may hold by now what this one wanted to write: nothing was written. */
  | 'CLAIM_LOST'
  /** A pattern for tags that is empty or too long. */
  | 'WATCH_INVALID';

/** The ledger could not be opened, read or written. Whatever was acknowledged before is still there. */
export class LedgerError extends HoldfastError<LedgerErrorCode> {
  override readonly name = 'LedgerError';
}
