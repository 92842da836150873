import { describeError, HoldfastError } from '../errors.ts';

/** What went wrong at the registry and what to do about it, in one sentence to keep with a scan. */
export function describeFailure(error: unknown): string {
  const hint = error instanceof HoldfastError ? error.hint : undefined;
  return hint === undefined ? describeError(error) : `${describeError(error)}; ${hint}`;
}
