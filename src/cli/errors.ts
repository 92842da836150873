import { HoldfastError } from '../errors.ts';

/** The command was called in a way it cannot be. */
export class UsageError extends HoldfastError<'USAGE'> {
  override readonly name = 'UsageError';

  constructor(message: string, hint?: string) {
    super('USAGE', message, hint === undefined ? {} : { hint });
  }
}

/** An address that this process is to listen on cannot be had. */
export class ListenError extends HoldfastError<'LISTEN_FAILED'> {
  override readonly name = 'ListenError';
}
