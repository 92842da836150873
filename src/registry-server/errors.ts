import { HoldfastError } from '../errors.ts';

export type RegistryServerErrorCode = 'LISTEN_FAILED' | 'SEED_INVALID';

/** The test registry could not start, or was asked to hold what no registry holds. */
export class RegistryServerError extends HoldfastError<RegistryServerErrorCode> {
  override readonly name = 'RegistryServerError';
}
