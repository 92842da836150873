import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NextCondition } from '../api/conditions.ts';
import type { GuardOutcome, Presence } from '../policy/guard.ts';
import { outsidePolicy } from './decide-policy.ts';
import {
  isOtherSituation,
  publishedPolicy,
  type SelectionNote,
  selectionCondition,
} from './selection-condition.ts';

const policy = '0123456789abcdef';
const consent = { tag: '1.0.0', by: 'annotation holdfast.dev/allow-rollback', reason: 'it leaks' };
const problem = 'annotation holdfast.dev/hodl is not known; did you mean holdfast.dev/hold?';

function conditionOf(verdict: GuardOutcome, note: Partial<SelectionNote> = {}): NextCondition {
  const common = {
    tag: '1.0.0',
    policy,
    revision: '1',
    rolledBack: undefined,
    consent: undefined,
    unmatched: 'none of 2 tags matches',
    problems: [],
  };
  return selectionCondition({ ...common, verdict, ...note });
}

function refusal(offered: string | undefined, presence: Presence): GuardOutcome {
  const held = { tag: '1.0.0', policy, holder: 'status' } as const;
  return { kind: 'refuse', evidence: { held, offered, presence, scan: { kind: 'complete', startedAt: 1 } } };
}

const same: GuardOutcome = { kind: 'keep', because: 'same' };
const waits = (tag: string, ripeAt: number | undefined): GuardOutcome => ({
  kind: 'await',
  waiting: { tag, ripeAt },
  isChosen: true,
});

const rows: readonly { readonly name: string; readonly given: NextCondition; readonly says: string }[] = [
  { name: 'what is best', given: conditionOf(same), says: 'True UpToDate' },
  {
    name: 'an annotation that is not understood where nothing else is to say',
    given: conditionOf(same, { problems: [problem] }),
    says: `True AnnotationInvalid; ${problem}`,
  },
  {
    name: 'a hold before an annotation that is not understood',
    given: conditionOf(
      { kind: 'hold', hold: { reason: 'freeze', expiresAt: undefined } },
      { problems: [problem] },
    ),
    says: `False Held; held: freeze; ${problem}`,
  },
  {
    name: "a person's words when it goes back",
    given: conditionOf({ kind: 'consent', to: { tag: '1.0.0', value: '1.0.0' }, consent }, { consent }),
    says: 'True RollbackConsented; stays there by annotation holdfast.dev/allow-rollback: it leaks',
  },
  {
    name: 'the same words while it stays',
    given: conditionOf({ kind: 'keep', because: 'consented' }, { consent }),
    says: 'True RollbackConsented; stays there by annotation holdfast.dev/allow-rollback: it leaks',
  },
  {
    name: 'why it went back without a person',
    given: conditionOf(same, { rolledBack: '1.1.0 is gone from the registry' }),
    says: 'True RolledBackMissing; 1.1.0 is gone from the registry; went back to 1.0.0 as holdfast.dev/on-missing=Rollback allows',
  },
  {
    name: 'that none of the tags seen whole matches',
    given: conditionOf({ kind: 'keep', because: 'nothing-offered' }),
    says: 'False NothingMatches; none of 2 tags matches',
  },
  {
    name: 'what a person can do about a refusal',
    given: conditionOf(refusal('0.9.0', 'present')),
    says: 'False RegressionRefused; refused 0.9.0, which ranks below it (tags with checksum 1; selection known from the status; the registry still has it by name); allow it by holdfast.dev/allow-rollback: 0.9.0',
  },
  {
    name: 'that a tag which is gone can be pushed again',
    given: conditionOf(refusal(undefined, 'absent')),
    says: 'False RegressionRefused; no tag matches any more (tags with checksum 1; selection known from the status; the registry no longer has it by name); push 1.0.0 again',
  },
  {
    name: 'which tag waits, and until when',
    given: conditionOf(waits('1.1.0', Date.UTC(2026, 0, 2))),
    says: 'False AwaitingAge; 1.1.0 waits until 2026-01-02T00:00:00Z, younger than holdfast.dev/minimum-age asks for',
  },
  {
    name: 'that what is selected is too young, however long',
    given: conditionOf(waits('1.0.0', undefined)),
    says: 'False AwaitingAge; it stays, though younger than holdfast.dev/minimum-age asks for',
  },
];

const situations: readonly {
  readonly name: string;
  readonly before: NextCondition | undefined;
  readonly next: NextCondition;
  readonly isOther: boolean;
}[] = [
  { name: 'the first', before: undefined, next: conditionOf(same), isOther: true },
  {
    name: 'a refusal that rests on another answer and another scan',
    before: conditionOf(refusal('0.9.0', 'present')),
    next: conditionOf(refusal('0.9.0', 'absent'), { revision: '2', problems: [problem] }),
    isOther: false,
  },
  {
    name: 'a refusal of another tag',
    before: conditionOf(refusal('0.9.0', 'present')),
    next: conditionOf(refusal(undefined, 'present')),
    isOther: true,
  },
  {
    name: 'a refusal after none',
    before: conditionOf(same),
    next: conditionOf(refusal('0.9.0', 'present')),
    isOther: true,
  },
  {
    name: 'an annotation that is not understood, during a wait',
    before: conditionOf(waits('1.1.0', 1000)),
    next: conditionOf(waits('1.1.0', 1000), { problems: [problem] }),
    isOther: false,
  },
  {
    name: 'another tag that waits',
    before: conditionOf(waits('1.1.0', 1000)),
    next: conditionOf(waits('1.2.0', 1000)),
    isOther: true,
  },
];

describe('the condition of a selection', () => {
  for (const { name, given, says } of rows) {
    it(`says ${name}`, () => {
      const start = `1.0.0 under policy ${policy}`;
      assert.ok(given.message.startsWith(start));
      assert.equal(`${given.status} ${given.reason}${given.message.slice(start.length)}`, says);
      const kept = { ...given, lastTransitionTime: '' };
      assert.equal(publishedPolicy([kept], '1.0.0'), policy);
    });
  }

  it('tells a tag that was chosen under no policy from one whose policy nobody knows', () => {
    const under = (text: string) => {
      const verdict = { kind: 'keep', because: 'consented' } as const;
      return publishedPolicy(
        [{ ...conditionOf(verdict, { policy: text, consent }), lastTransitionTime: '' }],
        '1.0.0',
      );
    };
    assert.equal(under(outsidePolicy), outsidePolicy);
    assert.equal(under('anything'), undefined);
  });

  it('names the tag that a refusal guards where another one is selected', () => {
    const evidence = {
      held: { tag: '1.1.0', policy, holder: 'ledger' },
      offered: '1.0.0',
      presence: 'unknown',
      scan: { kind: 'complete', startedAt: 1 },
    } as const;
    assert.match(
      conditionOf({ kind: 'refuse', evidence }).message,
      /^1\.0\.0 under policy \w+; refused 1\.0\.0, which ranks below 1\.1\.0 \(.*known from the ledger/,
    );
  });

  for (const { name, before, next, isOther } of situations) {
    it(`tells ${isOther ? 'another situation' : 'the same situation'}: ${name}`, () => {
      const known = before && { ...before, lastTransitionTime: '' };
      assert.equal(isOtherSituation(known, next), isOther);
    });
  }
});
