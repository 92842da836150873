import { formatInstant } from '../../clock.ts';
import type { Problem } from '../../findings/finding.ts';
import type { Move } from '../../ledger/ledger.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { normalizedReference, sayOf } from '../../reference/reference.ts';
import type { RateLimit } from '../../registry/registry-client.ts';
import type { Resolution } from '../../resolve/resolve.ts';
import { isMoveOf, type Seen } from './record-resolutions.ts';

/** All that `resolve` found out. */
export type Resolved = {
  readonly seen: readonly Seen[];
  readonly moves: readonly Move[];
  readonly quotas: readonly RateLimit[];
  readonly platform: Platform | undefined;
};

/** What `resolve --output json` prints; docs/commands/resolve.md describes it. */
export function resolutionJson({ seen, moves, quotas, platform }: Resolved): unknown {
  const wanted = platform && formatPlatform(platform);
  return {
    resolved: seen.flatMap(({ resolution }) => {
      if (resolution.kind !== 'found') return [];
      const { digest, mediaType, reference, rootDigest } = resolution;
      const move = moves.find((each) => isMoveOf(each, reference));
      return {
        reference: reference.original,
        normalized: normalizedReference(reference),
        digest,
        mediaType,
        ...(wanted === undefined ? {} : { platform: wanted, rootDigest }),
        ...(move && { movedFrom: { digest: move.from, lastSeenAt: formatInstant(move.lastSeenAt) } }),
      };
    }),
    problems: seen.flatMap(({ resolution }) =>
      resolution.kind === 'found'
        ? []
        : { ...problemOf(resolution, wanted), reference: resolution.reference.original },
    ),
    rateLimits: quotas.map((quota) => ({ ...quota, observedAt: formatInstant(quota.observedAt) })),
  };
}

/** Why there is no digest. "Not there" and "could not look" have different codes. */
export function problemOf(
  resolution: Exclude<Resolution, { kind: 'found' }>,
  wanted: string | undefined,
): Problem {
  const { original, repository } = resolution.reference;
  switch (resolution.kind) {
    case 'absent':
      return {
        code: 'MANIFEST_UNKNOWN',
        message: `${original}: ${repository.registry} has no such image`,
        hint: 'check the spelling of repository and tag; the tag may have been deleted',
      };
    case 'no-platform':
      return {
        code: 'PLATFORM_MISSING',
        message: `${original}: nothing for ${wanted ?? 'this platform'}`,
        hint: `it is there for ${resolution.offered.map(formatPlatform).join(', ') || 'no platform at all'}`,
      };
    case 'unknown': {
      const { code, hint, message } = resolution.error;
      return { code, message: sayOf(resolution.reference, message), ...(hint === undefined ? {} : { hint }) };
    }
  }
}
