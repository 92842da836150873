import type { EpochMs } from '../clock.ts';

/** That the registry, asked by name, had no such tag: of one policy, and of the list that it was asked about. */
type LostTag = {
  readonly image: string;
  readonly tag: string;
  /** Of the tags that were listed then. */
  readonly revision: string;
  readonly askedAt: EpochMs;
};

export type LostTagQuestion = Omit<LostTag, 'askedAt'> & {
  readonly now: EpochMs;
  /** How long the answer is good for while the list stays as it is. */
  readonly forMs: number;
};

/** Answers that a policy is refused by, so that each look at it does not ask the registry the same again. */
export interface LostTags {
  isKnownLost(policy: string, question: LostTagQuestion): boolean;
  remember(policy: string, lost: LostTag): void;
  forget(policy: string): void;
}

/** One answer for each policy: it holds one tag. */
export function makeLostTags(): LostTags {
  const byPolicy = new Map<string, LostTag>();
  return {
    isKnownLost(policy, { image, tag, revision, now, forMs }) {
      const lost = byPolicy.get(policy);
      if (lost?.tag !== tag || lost.image !== image || lost.revision !== revision) return false;
      const ageMs = now - lost.askedAt;
      return ageMs >= 0 && ageMs < forMs;
    },
    remember: (policy, lost) => void byPolicy.set(policy, lost),
    forget: (policy) => void byPolicy.delete(policy),
  };
}
