import { type Condition, conditionTypes, findCondition, type NextCondition } from '../api/conditions.ts';
import { reasons } from '../api/reasons.ts';
import { formatInstant } from '../clock.ts';
import type { Evidence, GuardOutcome } from '../policy/guard.ts';

export type SelectionNote = {
  readonly tag: string;
  /** Fingerprint of the policy it was selected under. */
  readonly policy: string;
  readonly verdict: GuardOutcome;
  /** Checksum of the tags that were looked at. */
  readonly revision: string;
  /** Annotations that cannot be understood. */
  readonly problems: readonly string[];
};

/**
 * The condition under which an ImagePolicy keeps what was selected under which policy: in the status, so that
 * it is written together with `latestRef`, by the same resourceVersion. True: what is selected is what the
 * policy asks for. False: it stays for another reason, which is said.
 */
export function selectionCondition({
  tag,
  policy,
  verdict,
  revision,
  problems,
}: SelectionNote): NextCondition {
  const type = conditionTypes.selection;
  const start = `${tag} under policy ${policy}`;
  const wrong = problems.length === 0 ? '' : `; ${problems.join('; ')}`;
  const make = (status: 'True' | 'False', reason: NextCondition['reason'], rest: string): NextCondition => ({
    type,
    status,
    reason: problems.length > 0 && status === 'True' ? reasons.annotationInvalid : reason,
    message: `${start}${rest}${wrong}`,
  });
  switch (verdict.kind) {
    case 'advance':
      return make('True', reasons.upToDate, '');
    case 'consent': {
      const why = verdict.consent.reason === undefined ? '' : `: ${verdict.consent.reason}`;
      return make('True', reasons.rollbackConsented, `; went there by ${verdict.consent.by}${why}`);
    }
    case 'hold': {
      const { reason, expiresAt } = verdict.hold;
      const until = expiresAt === undefined ? '' : ` until ${formatInstant(expiresAt)}`;
      return make('False', reasons.held, `; held${until}: ${reason}`);
    }
    case 'refuse':
      return make('False', reasons.regressionRefused, `; ${describeRefusal(verdict.evidence, revision)}`);
    case 'ask':
      return make('False', reasons.notSeenWhole, '; the registry is being asked');
    case 'keep':
      return keepCondition(make, verdict.because);
  }
}

type KeepReason = Extract<GuardOutcome, { kind: 'keep' }>['because'];

function keepCondition(
  make: (status: 'True' | 'False', reason: NextCondition['reason'], rest: string) => NextCondition,
  because: KeepReason,
): NextCondition {
  switch (because) {
    case 'same':
      return make('True', reasons.upToDate, '');
    case 'consented':
      return make('True', reasons.rollbackConsented, '; stays there while the consent stands');
    case 'consented-tag-missing':
      return make(
        'False',
        reasons.annotationInvalid,
        '; the consent names a tag that the registry does not have',
      );
    case 'nothing-offered':
      return make('False', reasons.notSeenWhole, '; no tag matches');
    case 'not-seen-whole':
      return make('False', reasons.notSeenWhole, '; nothing moves before a whole scan');
  }
}

/** What was refused, and what that rests on. */
function describeRefusal({ held, offered, presence }: Evidence, revision: string): string {
  const offer =
    offered === undefined ? 'no tag matches any more' : `refused ${offered}, which ranks below it`;
  const seen = {
    present: 'the registry still has it by name',
    absent: 'the registry no longer has it by name',
    unknown: 'the registry could not be asked for it by name',
    'not-asked': 'the registry was not asked for it by name',
  }[presence];
  return `${offer} (tags with checksum ${revision}; selection known from the ${held.holder}; ${seen})`;
}

/** The fingerprint that was written together with this tag; undefined where somebody else wrote the status. */
export function publishedPolicy(conditions: readonly Condition[], tag: string): string | undefined {
  const message = findCondition(conditions, conditionTypes.selection)?.message ?? '';
  const [, noted, policy] = /^(\S+) under policy ([0-9a-f]{16})(?:;|$)/.exec(message) ?? [];
  return noted === tag ? policy : undefined;
}
