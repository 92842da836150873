/**
 * Room `reflect`: what becomes of one ImagePolicy. Pure: facts in, a verdict and actions out. The controller
 * gathers the facts and carries the actions out; the simulation does the same with a registry that lies and
 * replicas that die between any two steps.
 *
 * Invariants: nothing is elected from a scan that is not the one the object's repository was last published
 * with; an action carries what it replaces, so whoever carries it out can compare and set; deciding again after
 * the actions are done decides nothing.
 */
import type { EpochMs } from '../clock.ts';
import {
  type Consent,
  type GuardOutcome,
  guardSelection,
  type HeldSelection,
  type Hold,
  type OnMissing,
  type Presence,
  type ScanEvidence,
  type WaitingTag,
} from '../policy/guard.ts';
import type { Ranking } from '../policy/ranking.ts';
import type { Candidate } from '../policy/select.ts';

/** Everything that is known when a policy is reconciled. */
export type ObservedPolicy = {
  readonly now: EpochMs;
  /** `fingerprintPolicy` of the spec as it is now. */
  readonly policy: string;
  /** Ranks tags under that spec: `makeRanking`. */
  readonly ranking: Ranking;
  /** What the object's status says is selected: `status.latestRef`. */
  readonly published: PublishedSelection | undefined;
  /** What this replica's ledger says is selected. */
  readonly recorded: RecordedSelection | undefined;
  /** The scan that `offered` comes from. */
  readonly scan: ObservedScan;
  /** Best tag of that scan under the policy, from a selector; absent where none matches. */
  readonly offered: Candidate | undefined;
  /** Best tag of that scan, had no tag to be of any age; absent where that is `offered`. */
  readonly waiting: WaitingTag | undefined;
  /** When the ledger first saw the tags compared; needed by the first-seen order only. */
  readonly firstSeenAt?: ReadonlyMap<string, EpochMs>;
  /** Answers to `ask` actions of this very round, by tag: never those of an earlier one. */
  readonly asked: ReadonlyMap<string, Exclude<Presence, 'not-asked'>>;
  readonly hold: Hold | undefined;
  readonly consent: Consent | undefined;
  readonly onMissing: OnMissing;
};

export type PublishedSelection = {
  readonly tag: string;
  /**
   * Fingerprint it was selected under, or `outsidePolicy`. Kept in the status itself, so that both are written at
   * once; undefined where it is not there, as Flux writes the status: then it is guarded under any policy.
   */
  readonly policy: string | undefined;
};

export type RecordedSelection = { readonly tag: string; readonly policy: string };

export type ObservedScan = ScanEvidence & {
  /** Revision of the tags it saw, as published in `lastScanResult.revision`. */
  readonly revision: string | undefined;
  /** `lastScanResult.revision` of the ImageRepository now; undefined where nobody has published a scan. */
  readonly publishedRevision: string | undefined;
};

/** Carried out in order; where one fails or is overtaken, the rest is dropped and everything observed anew. */
export type PolicyAction =
  /** The ledger's tags are not those the repository's status was published with: scan before electing anything. */
  | { readonly kind: 'scan' }
  /** HEAD this tag, put the answer into `asked`, decide again. */
  | { readonly kind: 'ask'; readonly tag: string }
  /** Compare and set in the ledger: `replaces` is what must be stored there now. */
  | {
      readonly kind: 'record';
      readonly to: RecordedSelection;
      readonly replaces: RecordedSelection | undefined;
      readonly because: RecordReason;
    }
  /** Compare and set in the object's status: by its resourceVersion, at which `replaces` was read. */
  | {
      readonly kind: 'publish';
      readonly to: RecordedSelection;
      readonly replaces: PublishedSelection | undefined;
    };

/** Why the ledger's selection changes: the guard's verdict, or the status knows better than the ledger. */
export type RecordReason = 'advance' | 'consent' | 'adopted';

export type PolicyDecision = {
  /** For conditions, events and metrics. */
  readonly verdict: GuardOutcome;
  /** The highest selection known before; what stays selected unless the verdict moves it. */
  readonly held: HeldSelection | undefined;
  readonly actions: readonly PolicyAction[];
};

/** In place of a fingerprint: chosen by a person, outside the policy. */
export const outsidePolicy = 'consent';

/** Decides what becomes of one policy. Total; the actions are empty where all is as it should be. */
export function decidePolicy(observed: ObservedPolicy): PolicyDecision {
  const held = highestHeld(observed);
  const verdict = guardSelection({
    now: observed.now,
    held,
    offered: observed.offered,
    waiting: observed.waiting,
    policy: observed.policy,
    ranksAbove: ranksAbove(observed, observed.offered?.tag, held?.tag),
    waitingRanksAbove: ranksAbove(observed, observed.waiting?.tag, held?.tag),
    scan: evidenceOf(observed.scan),
    presence: presenceOf(observed, held?.tag),
    hold: observed.hold,
    consent: observed.consent,
    consentPresence: presenceOf(observed, observed.consent?.tag),
    onMissing: observed.onMissing,
  });
  const actions = actionsOf(observed, held, verdict);
  const [first] = actions;
  return { verdict: first?.kind === 'ask' ? first : verdict, held, actions };
}

/**
 * The high-water mark: of what the status and the ledger say, the one that ranks above. A ledger's record under
 * another policy is of other times; a status written under another policy is superseded by a record under this
 * one, and so is a status that was edited to a tag that this one does not match. A record whose tag is gone is no
 * mark beside a status: another replica has seen to it already.
 */
function highestHeld(observed: ObservedPolicy): HeldSelection | undefined {
  const { published, recorded, policy } = observed;
  if (published === undefined) {
    return recorded === undefined ? undefined : { ...recorded, holder: 'ledger' };
  }
  const status: HeldSelection = { ...published, holder: 'status' };
  if (recorded === undefined) return status;
  if (recorded.tag === published.tag) return { ...status, policy: published.policy ?? recorded.policy };
  if (recorded.policy !== policy || observed.asked.get(recorded.tag) === 'absent') return status;
  const ledger: HeldSelection = { ...recorded, holder: 'ledger' };
  if (published.policy !== undefined && published.policy !== policy) return ledger;
  return ranksAbove(observed, published.tag, recorded.tag) === true || !isRanked(observed, recorded.tag)
    ? status
    : ledger;
}

/** Whether the policy as it is now matches a tag. */
function isRanked(observed: ObservedPolicy, tag: string): boolean {
  return ranksAbove(observed, tag, tag) !== undefined;
}

function ranksAbove(
  { ranking, firstSeenAt }: ObservedPolicy,
  one: string | undefined,
  other: string | undefined,
): boolean | undefined {
  if (one === undefined || other === undefined) return undefined;
  const factsOf = (tag: string) => {
    const seenAt = firstSeenAt?.get(tag);
    return seenAt === undefined ? { tag } : { tag, firstSeenAt: seenAt };
  };
  return ranking.ranksAbove(factsOf(one), factsOf(other));
}

/** A scan of other tags than those published is no evidence: the ledger is empty, old or somebody else's. */
function evidenceOf({ kind, startedAt, revision, publishedRevision }: ObservedScan): ScanEvidence {
  const isForeign = publishedRevision !== undefined && revision !== publishedRevision;
  return { kind: isForeign ? 'none' : kind, startedAt };
}

function presenceOf({ asked }: ObservedPolicy, tag: string | undefined): Presence {
  return (tag === undefined ? undefined : asked.get(tag)) ?? 'not-asked';
}

function actionsOf(
  observed: ObservedPolicy,
  held: HeldSelection | undefined,
  verdict: GuardOutcome,
): readonly PolicyAction[] {
  switch (verdict.kind) {
    case 'ask':
      return [{ kind: 'ask', tag: verdict.tag }];
    case 'advance':
    case 'consent':
      return settle(
        observed,
        { tag: verdict.to.tag, policy: chosenUnder(observed, verdict.to.tag) },
        verdict.kind,
      );
    case 'hold':
      return [];
    case 'keep':
    case 'await':
    case 'refuse': {
      const kept = held === undefined ? [] : keep(observed, held, verdict);
      return evidenceOf(observed.scan).kind === 'none' ? [...kept, { kind: 'scan' }] : kept;
    }
  }
}

/** Ledger and status say what stays selected. */
function keep(
  observed: ObservedPolicy,
  held: HeldSelection,
  verdict: Extract<GuardOutcome, { kind: 'keep' | 'await' | 'refuse' }>,
): readonly PolicyAction[] {
  const isBest =
    verdict.kind === 'await' ? verdict.isChosen : verdict.kind === 'keep' && verdict.because === 'same';
  if (held.holder === 'ledger' && !isBest) return restore(observed, held);
  const isChosenNow = isBest || (verdict.kind === 'keep' && verdict.because === 'consented');
  // What stays selected keeps the policy it was selected under until this one has chosen too: a spec changed
  // during a hold or a bad scan may still go back when these are over.
  const policy = isChosenNow ? chosenUnder(observed, held.tag) : (held.policy ?? observed.policy);
  return settle(observed, { tag: held.tag, policy }, 'adopted');
}

/** The ledger alone knows of this selection. It is published again only where the registry still has the tag. */
function restore(observed: ObservedPolicy, held: HeldSelection): readonly PolicyAction[] {
  const { recorded, published } = observed;
  const presence = presenceOf(observed, held.tag);
  if (presence === 'not-asked') return [{ kind: 'ask', tag: held.tag }];
  if (presence !== 'present' || recorded === undefined) return [];
  return [{ kind: 'publish', to: recorded, replaces: published }];
}

/**
 * A tag that a person consented to and that the policy does not match was chosen under no policy: once the
 * consent is taken away, the policy chooses afresh. Held under this one, it would be guarded for good.
 */
function chosenUnder(observed: ObservedPolicy, tag: string): string {
  return isRanked(observed, tag) || observed.offered?.tag === tag ? observed.policy : outsidePolicy;
}

/** Makes ledger and status say the same: the ledger first, so that a status is never ahead of it. */
function settle(
  { recorded, published }: ObservedPolicy,
  to: RecordedSelection,
  because: RecordReason,
): readonly PolicyAction[] {
  const actions: PolicyAction[] = [];
  if (recorded?.tag !== to.tag || recorded.policy !== to.policy) {
    actions.push({ kind: 'record', to, replaces: recorded, because });
  }
  if (published?.tag !== to.tag || published.policy !== to.policy) {
    actions.push({ kind: 'publish', to, replaces: published });
  }
  return actions;
}
