import { HoldfastError } from '../errors.ts';

export type DeclaredErrorCode =
  /** A PATH that is not there, or that nobody can look at. */
  | 'PATH_MISSING'
  | 'PATH_UNREADABLE'
  | 'CONFIG_INVALID'
  /** A holdfast.yaml written for a newer Holdfast. */
  | 'CONFIG_TOO_NEW';

/** A PATH or a holdfast.yaml that cannot be used at all. Single files under a PATH give problems instead. */
export class DeclaredError extends HoldfastError<DeclaredErrorCode> {
  override readonly name = 'DeclaredError';
}
