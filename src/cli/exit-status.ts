import { HoldfastError } from '../errors.ts';

/**
 * What the shell reads. The last two are never mixed: findings are an answer, "could not look" is none.
 * Source: the habit of `diff` and `kubectl diff`.
 */
export const exitStatus = {
  /** Looked, and nothing found. */
  clean: 0,
  /** Looked, and found something. */
  findings: 1,
  /** Wrong usage: flag, argument, reference. */
  usage: 2,
  /** Could not look: file, registry, ledger, cluster. */
  unable: 3,
  /** Ended by Ctrl-C, as shells expect (128 + SIGINT). */
  interrupted: 130,
  /** The reader of standard output has gone, as of `| head` (128 + SIGPIPE). Nothing is said. */
  outputClosed: 141,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** Codes that mean the person wrote something that cannot be; every other code means we could not look. */
const usageCodes: ReadonlySet<string> = new Set([
  'USAGE',
  'REFERENCE_INVALID',
  'DIGEST_INVALID',
  'TAG_INVALID',
  'REPOSITORY_INVALID',
  'PLATFORM_INVALID',
  'GIT_LOCATION_INVALID',
  'WATCH_INVALID',
  'POLICY_INVALID',
  'FILTER_INVALID',
  'CLAIMS_UNSUPPORTED',
]);

export function exitStatusOf(error: unknown): ExitStatus {
  return error instanceof HoldfastError && usageCodes.has(error.code) ? exitStatus.usage : exitStatus.unable;
}
