import { HoldfastError } from '../errors.ts';

export type ReflectErrorCode =
  /** A secret, certificate, proxy or ServiceAccount that an object names is missing or cannot be used. */
  | 'ACCESS_UNUSABLE'
  /** A cloud has no credential for this object, or its registry is none of that cloud's. */
  | 'IDENTITY_UNUSABLE';

/** What an object asks for cannot be done as it stands. Holds no secret. */
export class ReflectError extends HoldfastError<ReflectErrorCode> {
  override readonly name = 'ReflectError';
}
