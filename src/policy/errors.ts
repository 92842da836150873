import { HoldfastError } from '../errors.ts';

export type PolicyErrorCode = 'POLICY_INVALID' | 'FILTER_INVALID';

/** A policy that can never select: its text is wrong, whatever the tags are. */
export class PolicyError extends HoldfastError<PolicyErrorCode> {
  override readonly name = 'PolicyError';
}
