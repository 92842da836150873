import { HoldfastError } from '../errors.ts';

export type PinningErrorCode =
  /** Somebody else wrote the file after it was read: nothing of it was overwritten. */
  'FILE_CHANGED' | 'FILE_UNWRITABLE';

/** A file that could not be written, and was left as it was. */
export class PinningError extends HoldfastError<PinningErrorCode> {
  override readonly name = 'PinningError';
}
