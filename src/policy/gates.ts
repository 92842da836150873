import type { EpochMs } from '../clock.ts';
import { ageUnknown, type TagFacts } from './order.ts';
import { compileExclusions } from './tag-filter.ts';

/** A tag kept back on purpose, by name. */
export type HeldBack = {
  readonly tag: string;
  readonly reason: string;
  /** Absent: until it is taken off the list. */
  readonly expiresAt?: EpochMs | undefined;
};

/** What stands between a tag and being chosen, whatever its rank. */
export type GateSpec = {
  readonly exclude?: readonly string[];
  readonly skip?: readonly string[];
  readonly holdBack?: readonly HeldBack[];
  readonly minimumAgeMs?: number;
  readonly platforms?: readonly string[];
};

type Gate = (tag: string, facts: TagFacts | undefined) => string | undefined;

/**
 * Answers why a tag may not be chosen, or undefined where it may.
 * @throws PolicyError `FILTER_INVALID`
 */
export function compileGates(spec: GateSpec, now: EpochMs): Gate {
  const gates = [
    ...skipGate(spec.skip ?? []),
    ...holdGate(spec.holdBack ?? [], now),
    ...exclusionGate(spec.exclude ?? []),
    ...ageGate(spec.minimumAgeMs, now),
    ...platformGate(spec.platforms ?? []),
  ];
  return (tag, facts) => {
    for (const gate of gates) {
      const reason = gate(tag, facts);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}

function skipGate(tags: readonly string[]): readonly Gate[] {
  const skipped = new Set(tags);
  return tags.length === 0 ? [] : [(tag) => (skipped.has(tag) ? 'is on the skip list' : undefined)];
}

function holdGate(holds: readonly HeldBack[], now: EpochMs): readonly Gate[] {
  const inForce = holds.filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt);
  const reasons = new Map(inForce.map(({ tag, reason }) => [tag, `is held back: ${reason}`]));
  return reasons.size === 0 ? [] : [(tag) => reasons.get(tag)];
}

function exclusionGate(patterns: readonly string[]): readonly Gate[] {
  const exclusionOf = compileExclusions(patterns);
  return patterns.length === 0
    ? []
    : [
        (tag) => {
          const exclusion = exclusionOf(tag);
          return exclusion === undefined ? undefined : `is excluded by ${exclusion}`;
        },
      ];
}

function ageGate(minimumAgeMs: number | undefined, now: EpochMs): readonly Gate[] {
  if (minimumAgeMs === undefined || minimumAgeMs <= 0) return [];
  return [
    (_tag, facts) => {
      if (facts?.firstSeenAt === undefined) return ageUnknown;
      return now - facts.firstSeenAt < minimumAgeMs ? tooYoungReason : undefined;
    },
  ];
}

/** Said of a tag that will be a candidate once time has passed. */
export const tooYoungReason = 'is younger than the minimum age';

/** Unknown is a reason of its own: nobody looked, or what the tag names says nothing of platforms. */
function platformGate(required: readonly string[]): readonly Gate[] {
  if (required.length === 0) return [];
  return [
    (_tag, facts) => {
      const has = facts?.platforms;
      if (has === undefined) return 'has platforms that nobody knows';
      const missing = required.filter((platform) => !has.includes(platform));
      return missing.length === 0 ? undefined : `lacks ${missing.join(', ')}`;
    },
  ];
}
