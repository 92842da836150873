/**
 * The guard: a selection only goes forward. A pure decision; the compare-and-set that carries it out is the
 * ledger's and the cluster's (a write carries what it replaces, and loses where that is no longer there).
 *
 * Going back takes consent that names the tag, or a changed policy spec. A tag that cannot be seen is asked for
 * by name before anything moves. A minimum age only ever delays: it never moves a selection back.
 */
import type { EpochMs } from '../clock.ts';
import type { Candidate } from './select.ts';

/** A selection that was made, as the ledger, the object's status, or both know it. */
export type HeldSelection = {
  readonly tag: string;
  /** Fingerprint of everything that decides: policy, filter, exclusions, image. Absent: written by somebody else. */
  readonly policy: string | undefined;
  /** Who knows it. */
  readonly holder: 'ledger' | 'status';
};

/** The best tag of any age, where its age alone keeps it from being offered. */
export type WaitingTag = {
  readonly tag: string;
  /** When it will be old enough; absent where nobody can say. */
  readonly ripeAt: EpochMs | undefined;
};

/** What the registry said of the held tag, asked by name. */
export type Presence = 'present' | 'absent' | 'unknown' | 'not-asked';

/** What the tags that a policy chooses from were read by. */
export type ScanEvidence = {
  readonly kind: 'complete' | 'partial' | 'suspect' | 'none';
  readonly startedAt: EpochMs | undefined;
};

export type Hold = {
  readonly reason: string;
  /** Absent: until it is taken away. */
  readonly expiresAt: EpochMs | undefined;
};

/** A person allows to go back, naming where to. It needs not match the policy. */
export type Consent = { readonly tag: string; readonly by: string; readonly reason: string | undefined };

export type GuardInput = {
  readonly now: EpochMs;
  /** The highest selection known under this object, whoever knows it. */
  readonly held: HeldSelection | undefined;
  /** Best tag of the scan under the policy as it is now; absent where none matches. */
  readonly offered: Candidate | undefined;
  readonly waiting: WaitingTag | undefined;
  /** Fingerprint of the policy as it is now. */
  readonly policy: string;
  /** Whether `offered` ranks above the held tag under the policy; undefined where either has no rank. */
  readonly ranksAbove: boolean | undefined;
  /** The same of `waiting`. */
  readonly waitingRanksAbove: boolean | undefined;
  readonly scan: ScanEvidence;
  /** Of the held tag. */
  readonly presence: Presence;
  readonly hold: Hold | undefined;
  readonly consent: Consent | undefined;
  /** Of the tag that the consent names. */
  readonly consentPresence: Presence;
  /** What to do when the held tag is really gone. */
  readonly onMissing: OnMissing;
};

export type OnMissing = 'Hold' | 'Rollback';

export type GuardOutcome =
  /** Select it: the first selection, a better one, or one under a changed policy. */
  | { readonly kind: 'advance'; readonly to: Candidate; readonly because: AdvanceReason }
  /** Nothing changes, and nothing is wrong with what is held. */
  | { readonly kind: 'keep'; readonly because: KeepReason }
  /** What is held stays until a tag is old enough. `isChosen`: it is what the policy chooses meanwhile. */
  | { readonly kind: 'await'; readonly waiting: WaitingTag; readonly isChosen: boolean }
  /** It would go back: not done, and said aloud. */
  | { readonly kind: 'refuse'; readonly evidence: Evidence }
  /** Kept back on purpose. */
  | { readonly kind: 'hold'; readonly hold: Hold }
  /** A person allowed to go back. */
  | { readonly kind: 'consent'; readonly to: Candidate; readonly consent: Consent }
  /** Ask the registry for a tag by name, then decide again. */
  | { readonly kind: 'ask'; readonly tag: string };

export type AdvanceReason = 'first' | 'better' | 'policy-changed' | 'held-tag-gone';

export type KeepReason =
  /** What is held is the best. */
  | 'same'
  /** The scan was not complete: it is no reason to change anything. */
  | 'not-seen-whole'
  | 'nothing-offered'
  /** The held tag is the one that a person's consent names. */
  | 'consented'
  /** A consent names a tag that the registry does not have, or that nobody could ask for. */
  | 'consented-tag-missing';

/** What a refusal rests on. */
export type Evidence = {
  readonly held: HeldSelection;
  /** Absent where no tag matched, of whatever age. */
  readonly offered: string | undefined;
  readonly presence: Presence;
  readonly scan: ScanEvidence;
};

/** Decides what becomes of a selection. Total, and free of everything outside its input. */
export function guardSelection(input: GuardInput): GuardOutcome {
  const { held, offered, consent, hold } = input;
  if (consent !== undefined) return applyConsent(input, consent);
  if (hold !== undefined && held !== undefined && isInForce(hold, input.now)) return { kind: 'hold', hold };
  if (input.scan.kind !== 'complete') return { kind: 'keep', because: 'not-seen-whole' };
  const awaited = held && awaitAge(input, held);
  if (awaited !== undefined) return awaited;
  if (held !== undefined && held.tag === offered?.tag) return { kind: 'keep', because: 'same' };
  if (held === undefined || isUnderAnotherPolicy(held, input.policy)) {
    if (offered === undefined) return { kind: 'keep', because: 'nothing-offered' };
    return { kind: 'advance', to: offered, because: held === undefined ? 'first' : 'policy-changed' };
  }
  if (offered !== undefined && input.ranksAbove === true) {
    return { kind: 'advance', to: offered, because: 'better' };
  }
  return guardHeld(input, held);
}

/**
 * Nothing is amiss where the list holds the held tag or a better one, and only their age keeps them from being
 * offered: no registry is asked, nothing is refused.
 */
function awaitAge(input: GuardInput, held: HeldSelection): GuardOutcome | undefined {
  const { waiting, offered } = input;
  if (waiting === undefined || input.ranksAbove === true) return undefined;
  const isChanged = isUnderAnotherPolicy(held, input.policy);
  const isOffered = held.tag === offered?.tag;
  const isListed = isOffered || held.tag === waiting.tag || input.waitingRanksAbove === true;
  if (!isListed && (offered !== undefined || !isChanged)) return undefined;
  // Under a changed policy the name may be of another image, where it is as young as any.
  return { kind: 'await', waiting, isChosen: isOffered || (held.tag === waiting.tag && !isChanged) };
}

/** What is offered lies below what is held: a list may lie, so the held tag is asked for by name first. */
function guardHeld(input: GuardInput, held: HeldSelection): GuardOutcome {
  const { presence, offered, waiting, onMissing, scan } = input;
  if (presence === 'not-asked') return { kind: 'ask', tag: held.tag };
  if (presence === 'absent' && onMissing === 'Rollback' && offered !== undefined) {
    return { kind: 'advance', to: offered, because: 'held-tag-gone' };
  }
  return { kind: 'refuse', evidence: { held, offered: (offered ?? waiting)?.tag, presence, scan } };
}

/** Consent holds its tag for as long as it stands: what goes forward again at once was never rolled back. */
function applyConsent({ held, consentPresence }: GuardInput, consent: Consent): GuardOutcome {
  if (held?.tag === consent.tag) return { kind: 'keep', because: 'consented' };
  if (consentPresence === 'not-asked') return { kind: 'ask', tag: consent.tag };
  if (consentPresence !== 'present') return { kind: 'keep', because: 'consented-tag-missing' };
  return { kind: 'consent', to: { tag: consent.tag, value: consent.tag }, consent };
}

function isUnderAnotherPolicy(held: HeldSelection, policy: string): boolean {
  return held.policy !== undefined && held.policy !== policy;
}

function isInForce(hold: Hold, now: EpochMs): boolean {
  return hold.expiresAt === undefined || now < hold.expiresAt;
}
