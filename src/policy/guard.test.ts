import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type GuardInput, type GuardOutcome, guardSelection } from './guard.ts';

const candidate = (tag: string) => ({ tag, value: tag });

const calm: GuardInput = {
  now: 100,
  held: { tag: '2.0.0', policy: 'P', holder: 'status' },
  offered: candidate('2.0.0'),
  policy: 'P',
  waiting: undefined,
  ranksAbove: false,
  waitingRanksAbove: undefined,
  scan: { kind: 'complete', startedAt: 90 },
  presence: 'not-asked',
  hold: undefined,
  consent: undefined,
  consentPresence: 'not-asked',
  onMissing: 'Hold',
};

const lower = { offered: candidate('1.0.0'), ranksAbove: false } as const;
const higher = { offered: candidate('3.0.0'), ranksAbove: true } as const;
const waits = (tag: string, waitingRanksAbove: boolean | undefined) =>
  ({ waiting: { tag, ripeAt: 500 }, waitingRanksAbove }) as const;
const nothing = { offered: undefined, ranksAbove: undefined } as const;
const consent = { tag: '1.0.0', by: 'somebody', reason: 'it leaks' };
const hold = { reason: 'a freeze', expiresAt: 200 };

const rows: readonly {
  readonly name: string;
  readonly given: Partial<GuardInput>;
  readonly expected: string;
}[] = [
  { name: 'keeps what is the best', given: {}, expected: 'keep same' },
  { name: 'advances to a better tag', given: higher, expected: 'advance better' },
  { name: 'makes a first selection', given: { held: undefined }, expected: 'advance first' },
  {
    name: 'makes no first selection of nothing',
    given: { held: undefined, offered: undefined },
    expected: 'keep nothing-offered',
  },
  {
    name: 'makes no first selection from part of a list',
    given: { held: undefined, scan: { kind: 'partial', startedAt: 1 } },
    expected: 'keep not-seen-whole',
  },
  { name: 'asks for the held tag where a lower one is offered', given: lower, expected: 'ask 2.0.0' },
  {
    name: 'asks for the held tag where nothing is offered',
    given: { offered: undefined },
    expected: 'ask 2.0.0',
  },
  {
    name: 'refuses a lower tag while the held one is there',
    given: { ...lower, presence: 'present' },
    expected: 'refuse 1.0.0',
  },
  {
    name: 'refuses a lower tag where nobody could ask',
    given: { ...lower, presence: 'unknown', onMissing: 'Rollback' },
    expected: 'refuse 1.0.0',
  },
  { name: 'holds a tag that is gone', given: { ...lower, presence: 'absent' }, expected: 'refuse 1.0.0' },
  {
    name: 'rolls back from a tag that is gone where the policy says so',
    given: { ...lower, presence: 'absent', onMissing: 'Rollback' },
    expected: 'advance held-tag-gone',
  },
  {
    name: 'rolls back to no tag at all',
    given: { offered: undefined, presence: 'absent', onMissing: 'Rollback' },
    expected: 'refuse undefined',
  },
  {
    name: 'refuses what cannot be ranked against the held tag',
    given: { ...lower, ranksAbove: undefined, presence: 'present' },
    expected: 'refuse 1.0.0',
  },
  {
    name: 'goes where a changed policy points, back too',
    given: { ...lower, policy: 'Q' },
    expected: 'advance policy-changed',
  },
  {
    name: 'stays where a changed policy points nowhere',
    given: { offered: undefined, policy: 'Q' },
    expected: 'keep nothing-offered',
  },
  {
    name: 'takes a status without fingerprint for one under this policy',
    given: { ...lower, held: { tag: '2.0.0', policy: undefined, holder: 'status' } },
    expected: 'ask 2.0.0',
  },
  {
    name: 'changes nothing after a suspect scan',
    given: { ...higher, scan: { kind: 'suspect', startedAt: 1 } },
    expected: 'keep not-seen-whole',
  },
  {
    name: 'keeps what is itself too young, older tags or not',
    given: { ...lower, ...waits('2.0.0', false) },
    expected: 'await 2.0.0, chosen',
  },
  {
    name: 'keeps what is itself too young, as all are',
    given: { ...nothing, ...waits('2.0.0', false) },
    expected: 'await 2.0.0, chosen',
  },
  {
    name: 'waits for a better tag that is too young',
    given: waits('3.0.0', true),
    expected: 'await 3.0.0, chosen',
  },
  {
    name: 'waits for a better tag while the held one is gone, and lower ones are old enough',
    given: { ...lower, ...waits('3.0.0', true) },
    expected: 'await 3.0.0',
  },
  {
    name: 'advances to the better of two that is old enough',
    given: { ...higher, ...waits('4.0.0', true) },
    expected: 'advance better',
  },
  {
    name: 'asks for a held tag that is gone where all lower ones are too young',
    given: { ...nothing, ...waits('1.0.0', false) },
    expected: 'ask 2.0.0',
  },
  {
    name: 'refuses a lower tag that is too young besides',
    given: { ...nothing, ...waits('1.0.0', false), presence: 'present' },
    expected: 'refuse 1.0.0',
  },
  {
    name: 'refuses a lower tag though another lower one waits',
    given: { offered: candidate('1.0.0'), ...waits('1.5.0', false), presence: 'absent' },
    expected: 'refuse 1.0.0',
  },
  {
    name: 'does not roll back to a tag that is too young',
    given: { ...nothing, ...waits('1.0.0', false), presence: 'absent', onMissing: 'Rollback' },
    expected: 'refuse 1.0.0',
  },
  {
    name: 'goes back under a changed policy, but not because the best of it is too young',
    given: { ...lower, ...waits('2.0.0', false), policy: 'Q' },
    expected: 'await 2.0.0',
  },
  {
    name: 'waits until a changed policy has a tag that is old enough',
    given: { ...nothing, ...waits('1.0.0', undefined), policy: 'Q' },
    expected: 'await 1.0.0',
  },
  {
    name: 'goes where a changed policy points, while a better one waits there',
    given: { offered: candidate('1.0.0'), ranksAbove: undefined, ...waits('1.1.0', undefined), policy: 'Q' },
    expected: 'advance policy-changed',
  },
  {
    name: 'makes no first selection of what is too young',
    given: { held: undefined, ...nothing, ...waits('2.0.0', undefined) },
    expected: 'keep nothing-offered',
  },
  { name: 'holds back a better tag', given: { ...higher, hold }, expected: 'hold' },
  { name: 'advances once a hold is over', given: { ...higher, hold, now: 200 }, expected: 'advance better' },
  { name: 'asks for the tag that a consent names', given: { consent }, expected: 'ask 1.0.0' },
  {
    name: 'goes back with consent',
    given: { consent, consentPresence: 'present' },
    expected: 'consent 1.0.0',
  },
  {
    name: 'goes back with consent during a hold',
    given: { consent, hold, consentPresence: 'present' },
    expected: 'consent 1.0.0',
  },
  {
    name: 'stays where the consented tag is not there',
    given: { consent, consentPresence: 'absent' },
    expected: 'keep consented-tag-missing',
  },
  {
    name: 'stays at the consented tag while the consent stands',
    given: { ...higher, consent: { ...consent, tag: '2.0.0' } },
    expected: 'keep consented',
  },
];

function told(outcome: GuardOutcome): string {
  switch (outcome.kind) {
    case 'advance':
    case 'keep':
      return `${outcome.kind} ${outcome.because}`;
    case 'refuse':
      return `refuse ${outcome.evidence.offered}`;
    case 'consent':
      return `consent ${outcome.to.tag}`;
    case 'ask':
      return `ask ${outcome.tag}`;
    case 'await':
      return `await ${outcome.waiting.tag}${outcome.isChosen ? ', chosen' : ''}`;
    case 'hold':
      return 'hold';
  }
}

const presence = fc.constantFrom('present', 'absent', 'unknown', 'not-asked');
const text = fc.constantFrom('1.0.0', '2.0.0', '3.0.0');
const anyInput: fc.Arbitrary<GuardInput> = fc.record({
  now: fc.nat(300),
  held: fc.option(
    fc.record({
      tag: text,
      policy: fc.constantFrom('P', 'Q', undefined),
      holder: fc.constantFrom('ledger', 'status'),
    }),
    { nil: undefined },
  ),
  offered: fc.option(text.map(candidate), { nil: undefined }),
  waiting: fc.option(fc.record({ tag: text, ripeAt: fc.constant(undefined) }), { nil: undefined }),
  policy: fc.constantFrom('P', 'Q'),
  ranksAbove: fc.constantFrom(true, false, undefined),
  waitingRanksAbove: fc.constantFrom(true, false, undefined),
  scan: fc.record({
    kind: fc.constantFrom('complete', 'partial', 'suspect', 'none'),
    startedAt: fc.constant(undefined),
  }),
  presence,
  hold: fc.option(fc.record({ reason: text, expiresAt: fc.option(fc.nat(300), { nil: undefined }) }), {
    nil: undefined,
  }),
  consent: fc.option(fc.record({ tag: text, by: text, reason: fc.constant(undefined) }), { nil: undefined }),
  consentPresence: presence,
  onMissing: fc.constantFrom('Hold', 'Rollback'),
} as const);

describe('the guard', () => {
  for (const { name, given, expected } of rows) {
    it(name, () => assert.equal(told(guardSelection({ ...calm, ...given })), expected));
  }

  it('goes below what is held only by consent, a changed policy, or a tag known gone under Rollback', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const outcome = guardSelection(input);
        if (outcome.kind === 'consent') assert.equal(outcome.to.tag, input.consent?.tag);
        if (outcome.kind !== 'advance' || input.held === undefined || input.ranksAbove === true) return;
        const isChanged = input.held.policy !== undefined && input.held.policy !== input.policy;
        const isGone = input.presence === 'absent' && input.onMissing === 'Rollback';
        assert.ok(isChanged || isGone);
        assert.equal(input.scan.kind, 'complete');
      }),
      { numRuns: 5000 },
    );
  });

  it('goes nowhere lower while a better tag, or the held one, is only too young', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { held, waiting, ranksAbove } = input;
        if (held === undefined || waiting === undefined || ranksAbove === true) return;
        if (waiting.tag !== held.tag && input.waitingRanksAbove !== true) return;
        assert.notEqual(guardSelection(input).kind, 'advance');
        assert.notEqual(guardSelection(input).kind, 'refuse');
      }),
      { numRuns: 2000 },
    );
  });

  it('decides nothing more once its decision is carried out', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const outcome = guardSelection(input);
        if (outcome.kind !== 'advance' && outcome.kind !== 'consent') return;
        const held = { tag: outcome.to.tag, policy: input.policy, holder: 'status' } as const;
        const again = guardSelection({ ...input, held, hold: undefined });
        assert.ok(again.kind === 'keep' || again.kind === 'await');
      }),
      { numRuns: 2000 },
    );
  });
});
