import { HoldfastError } from '../../errors.ts';

export type CloudIdentityErrorCode =
  /** The host is not one of that cloud's registries: nothing of it may be shown there. */
  | 'IDENTITY_HOST_REFUSED'
  /** Nothing here says who we are to the cloud. */
  | 'IDENTITY_ABSENT'
  /** What says who we are (a variable, a file, an annotation) cannot be used. */
  | 'IDENTITY_INVALID'
  /** The cloud, asked, said no. */
  | 'IDENTITY_REFUSED'
  /** The cloud could not be asked, or answered what it never should. */
  | 'IDENTITY_UNANSWERED';

/** Why a cloud gave no credential for its registry: what was tried. Holds no secret. */
export class CloudIdentityError extends HoldfastError<CloudIdentityErrorCode> {
  override readonly name = 'CloudIdentityError';
}
