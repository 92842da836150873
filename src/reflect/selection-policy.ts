import { createHash } from 'node:crypto';
import type { ImagePolicySpec } from '../api/image-policy.ts';
import type { Reason } from '../api/reasons.ts';
import { reasons } from '../api/reasons.ts';
import { PolicyError } from '../policy/errors.ts';
import { fingerprintPolicy } from '../policy/fingerprint.ts';
import { makeRanking, type Ranking } from '../policy/ranking.ts';
import type { SelectionPolicy } from '../policy/select.ts';

/** Hex digits of a fingerprint: 64 bits, for telling a person's own specs apart. */
const fingerprintLength = 16;

/** A policy that can never select, for a stalled object. */
export type PolicyProblem = { readonly reason: Reason; readonly problem: string };

export type ReflectedPolicy = {
  /** Without exclusions: these are the repository's, and taken out before. */
  readonly policy: SelectionPolicy;
  readonly ranking: Ranking;
};

/** What the spec asks for, or why it can never be had: Flux's words, and of several the one that Flux tells. */
export function reflectPolicy(spec: ImagePolicySpec): ReflectedPolicy | PolicyProblem {
  const { choice, filterTags } = spec;
  if (spec.digestReflectionPolicy === 'Always' && spec.intervalMs === undefined) {
    const problem = "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'";
    return { reason: reasons.intervalNotConfigured, problem };
  }
  if (choice === undefined) {
    const problem = 'invalid policy: given ImagePolicyChoice object is invalid';
    return { reason: reasons.invalidPolicy, problem };
  }
  const policy: SelectionPolicy = {
    order: choice.kind === 'semver' ? choice : { kind: choice.kind, order: choice.order as 'asc' | 'desc' },
    ...(filterTags === undefined ? {} : { filter: filterTags }),
  };
  try {
    return { policy, ranking: makeRanking(policy) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const what = error.code === 'FILTER_INVALID' ? 'failed to filter tags' : 'invalid policy';
    return { reason: reasons.invalidPolicy, problem: `${what}: ${error.message}` };
  }
}

/**
 * A short text that changes with everything a person decides by: image, order, filter, exclusions. Not with a
 * minimum age: asking for patience is no wish to go back.
 */
export function fingerprintOf(
  policy: SelectionPolicy,
  canonicalName: string,
  exclude: readonly string[],
): string {
  const text = fingerprintPolicy({ ...policy, exclude }, canonicalName);
  return createHash('sha256').update(text).digest('hex').slice(0, fingerprintLength);
}
