import { HoldfastError } from '../errors.ts';

export type GitErrorCode =
  | 'GIT_MISSING'
  | 'GIT_LOCATION_INVALID'
  | 'GIT_NOT_A_REPOSITORY'
  | 'GIT_REF_UNKNOWN'
  /** The commit is there, the path in it is not. */
  | 'GIT_PATH_MISSING'
  | 'GIT_DENIED'
  | 'GIT_UNREACHABLE'
  | 'GIT_TOO_LARGE'
  | 'GIT_FAILED';

/** A Git repository or commit that cannot be had. Messages carry no password, whatever the URL holds. */
export class GitError extends HoldfastError<GitErrorCode> {
  override readonly name = 'GitError';
}
