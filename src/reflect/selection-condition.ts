import { policyAnnotations } from '../api/annotations.ts';
import { type Condition, conditionTypes, findCondition, type NextCondition } from '../api/conditions.ts';
import { reasons } from '../api/reasons.ts';
import { formatInstant } from '../clock.ts';
import type { Consent, Evidence, GuardOutcome, WaitingTag } from '../policy/guard.ts';
import { outsidePolicy } from './decide-policy.ts';

export type SelectionNote = {
  readonly tag: string;
  /** Fingerprint of the policy it was selected under. */
  readonly policy: string;
  readonly verdict: GuardOutcome;
  /** Checksum of the tags that were looked at. */
  readonly revision: string;
  /** Why this tag was gone back to, where the one before was missing. */
  readonly rolledBack: string | undefined;
  readonly consent: Consent | undefined;
  /** How the tags fail the policy, where none matches. */
  readonly unmatched: string;
  /** Annotations that cannot be understood. */
  readonly problems: readonly string[];
};

type Make = (status: 'True' | 'False', reason: NextCondition['reason'], rest: string) => NextCondition;

/**
 * The condition under which an ImagePolicy keeps what was selected under which policy: in the status, so that
 * it is written together with `latestRef`, by the same resourceVersion. True: what is selected is what the
 * policy asks for. False: it stays for another reason, which is said.
 */
export function selectionCondition(note: SelectionNote): NextCondition {
  const { tag, policy, verdict, revision, problems } = note;
  const type = conditionTypes.selection;
  const start = `${tag} under policy ${policy}`;
  const wrong = problems.map((problem) => `; ${problem}`).join('');
  const make: Make = (status, reason, rest) => ({
    type,
    status,
    reason: problems.length > 0 && reason === reasons.upToDate ? reasons.annotationInvalid : reason,
    message: `${start}${rest}${wrong}`,
  });
  switch (verdict.kind) {
    case 'advance':
      return chosen(make, note);
    case 'consent':
      return consented(make, note);
    case 'hold': {
      const { reason, expiresAt } = verdict.hold;
      const until = expiresAt === undefined ? '' : ` until ${formatInstant(expiresAt)}`;
      return make('False', reasons.held, `; held${until}: ${reason}`);
    }
    case 'await':
      return make('False', reasons.awaitingAge, `; ${describeWait(tag, verdict.waiting)}`);
    case 'refuse':
      return make(
        'False',
        reasons.regressionRefused,
        `; ${describeRefusal(tag, verdict.evidence, revision)}`,
      );
    case 'ask':
      return make('False', reasons.notSeenWhole, '; the registry is being asked');
    case 'keep':
      return kept(make, note, verdict.because);
  }
}

type KeepReason = Extract<GuardOutcome, { kind: 'keep' }>['because'];

function kept(make: Make, note: SelectionNote, because: KeepReason): NextCondition {
  switch (because) {
    case 'same':
      return chosen(make, note);
    case 'consented':
      return consented(make, note);
    case 'consented-tag-missing':
      return make(
        'False',
        reasons.annotationInvalid,
        '; the consent names a tag that the registry does not have',
      );
    case 'nothing-offered':
      return make('False', reasons.nothingMatches, `; ${note.unmatched}`);
    case 'not-seen-whole':
      return make('False', reasons.notSeenWhole, '; nothing moves before a whole scan');
  }
}

function chosen(make: Make, { tag, rolledBack }: SelectionNote): NextCondition {
  if (rolledBack === undefined) return make('True', reasons.upToDate, '');
  const allowed = `went back to ${tag} as ${policyAnnotations.onMissing}=Rollback allows`;
  return make('True', reasons.rolledBackMissing, `; ${rolledBack}; ${allowed}`);
}

/** The same words for as long as the consent stands. */
function consented(make: Make, { consent }: SelectionNote): NextCondition {
  const why = consent?.reason === undefined ? '' : `: ${consent.reason}`;
  return make('True', reasons.rollbackConsented, `; stays there by ${consent?.by}${why}`);
}

function describeWait(selected: string, { tag, ripeAt }: WaitingTag): string {
  const until = ripeAt === undefined ? '' : ` until ${formatInstant(ripeAt)}`;
  const age = `${policyAnnotations.minimumAge} asks for`;
  return tag === selected
    ? `it stays, though younger than ${age}${until}`
    : `${tag} waits${until}, younger than ${age}`;
}

/** Before what a refusal rests on. */
const evidenceStart = ' (tags with checksum ';

/** What was refused, and what that rests on. Held may be another tag, which is not known to be there. */
function describeRefusal(selected: string, { held, offered, presence }: Evidence, revision: string): string {
  const mark = held.tag === selected ? 'it' : held.tag;
  const offer =
    offered === undefined ? 'no tag matches any more' : `refused ${offered}, which ranks below ${mark}`;
  const seen = {
    present: 'the registry still has it by name',
    absent: 'the registry no longer has it by name',
    unknown: 'the registry could not be asked for it by name',
    'not-asked': 'the registry was not asked for it by name',
  }[presence];
  const advice = adviceOn(offered, { tag: held.tag, isGone: presence === 'absent' });
  return `${offer}${evidenceStart}${revision}; selection known from the ${held.holder}; ${seen})${advice}`;
}

/** What a person can do: nothing but they may go back, and who lost a tag may push it again. */
function adviceOn(
  offered: string | undefined,
  held: { readonly tag: string; readonly isGone: boolean },
): string {
  const ways = [
    ...(held.isGone ? [`push ${held.tag} again`] : []),
    ...(offered === undefined ? [] : [`allow it by ${policyAnnotations.allowRollback}: ${offered}`]),
  ];
  return ways.length === 0 ? '' : `; ${ways.join(', or ')}`;
}

/**
 * Whether a condition tells of another situation than the one before: of the same one, what it rests on may
 * change, and annotations that are not understood are told by themselves.
 */
export function isOtherSituation(before: Condition | undefined, next: NextCondition): boolean {
  return before === undefined || situationOf(before) !== situationOf(next);
}

function situationOf({ reason, message }: Pick<Condition, 'reason' | 'message'>): string {
  const [what = ''] = message.split(
    reason === reasons.regressionRefused ? evidenceStart : '; annotation ',
    1,
  );
  return `${reason}: ${what}`;
}

/** The fingerprint that was written together with this tag; undefined where somebody else wrote the status. */
export function publishedPolicy(conditions: readonly Condition[], tag: string): string | undefined {
  const message = findCondition(conditions, conditionTypes.selection)?.message ?? '';
  const [, noted, policy = ''] = /^(\S+) under policy (\w+)(?:;|$)/.exec(message) ?? [];
  const isPolicy = policy === outsidePolicy || /^[0-9a-f]{16}$/.test(policy);
  return noted === tag && isPolicy ? policy : undefined;
}
