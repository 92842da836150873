import { HoldfastError } from '../errors.ts';

export type OciErrorCode = 'MANIFEST_UNREADABLE' | 'CONFIG_UNREADABLE' | 'PLATFORM_INVALID';

/** A document that is not what its media type says. */
export class OciError extends HoldfastError<OciErrorCode> {
  override readonly name = 'OciError';
}
