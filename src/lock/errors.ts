import { HoldfastError } from '../errors.ts';

export type LockErrorCode =
  /** No lock file where one is needed. */
  | 'LOCK_MISSING'
  /** Not what a lock file looks like; the message has file and line. */
  | 'LOCK_UNREADABLE'
  /** A merge left its conflict markers. */
  | 'LOCK_CONFLICT'
  /** Written by a later Holdfast. */
  | 'LOCK_NEWER'
  /** One reference stands there twice. */
  | 'LOCK_DUPLICATE'
  /** Over a limit of size or number. */
  | 'LOCK_TOO_LARGE'
  /** All its entries would go, and nobody said that they should. */
  | 'LOCK_EMPTYING'
  /** It changed while it was being worked on, or could not be written. */
  | 'LOCK_UNWRITABLE';

/** A lock file that cannot be taken at its word. */
export class LockError extends HoldfastError<LockErrorCode> {
  override readonly name = 'LockError';
}
