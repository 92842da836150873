import { HoldfastError } from '../errors.ts';

export type ReferenceErrorCode =
  | 'REFERENCE_INVALID'
  | 'DIGEST_INVALID'
  | 'TAG_INVALID'
  | 'REPOSITORY_INVALID';

/** A text that is not what it was said to be: a reference, digest, tag or repository. */
export class ReferenceError extends HoldfastError<ReferenceErrorCode> {
  override readonly name = 'ReferenceError';
}
