import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeWrongTimes, leaderTimes } from './leader-times.ts';
import { decideLease, holdLease, type LeaseStep, readLease, releaseLease, type SeenLease } from './lease.ts';

const seen: SeenLease = {
  holder: 'other',
  durationMs: 35_000,
  transitions: 3,
  resourceVersion: '7',
  firstSeenMs: 1000,
};
const nowMs = 20_000;

describe('what a candidate does about a lease', () => {
  const cases: readonly { name: string; given: SeenLease | undefined; expected: LeaseStep }[] = [
    { name: 'makes one where there is none', given: undefined, expected: { kind: 'create' } },
    { name: 'renews its own', given: { ...seen, holder: 'me' }, expected: { kind: 'renew' } },
    {
      name: 'renews its own that has run out and nobody took',
      given: { ...seen, holder: 'me', firstSeenMs: -100_000 },
      expected: { kind: 'renew' },
    },
    {
      name: 'takes one that was given back',
      given: { ...seen, holder: undefined },
      expected: { kind: 'take' },
    },
    {
      name: "waits for another's to run out, counted from when it was seen to change",
      given: seen,
      expected: { kind: 'wait', holder: 'other', forMs: 16_000 },
    },
    {
      name: "takes another's that has not changed for as long as it holds",
      given: { ...seen, firstSeenMs: nowMs - 35_000 },
      expected: { kind: 'take' },
    },
    {
      name: 'waits to the last millisecond',
      given: { ...seen, firstSeenMs: nowMs - 34_999 },
      expected: { kind: 'wait', holder: 'other', forMs: 1 },
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => assert.deepEqual(decideLease(given, 'me', nowMs), expected));
  }
});

describe('a Lease', () => {
  const at = Date.UTC(2026, 10, 21, 12, 0, 0, 42);
  const terms = { identity: 'me', durationMs: 35_000 };

  it('is written as client-go writes it', () => {
    assert.deepEqual(holdLease({}, terms, at), {
      holderIdentity: 'me',
      leaseDurationSeconds: 35,
      acquireTime: '2026-11-21T12:00:00.042000Z',
      renewTime: '2026-11-21T12:00:00.042000Z',
      leaseTransitions: 0,
    });
  });

  it('keeps when it was acquired, and counts who holds it next', () => {
    const held = holdLease({}, terms, at);
    const renewed = holdLease(held, terms, at + 5000);
    assert.deepEqual(renewed, { ...held, renewTime: '2026-11-21T12:00:05.042000Z' });
    const taken = holdLease({ ...renewed, strategy: 'kept' }, { ...terms, identity: 'you' }, at + 60_000);
    assert.deepEqual(taken, {
      holderIdentity: 'you',
      leaseDurationSeconds: 35,
      acquireTime: '2026-11-21T12:01:00.042000Z',
      renewTime: '2026-11-21T12:01:00.042000Z',
      leaseTransitions: 1,
      strategy: 'kept',
    });
  });

  it('is given back so that the next may take it at once', () => {
    const spec = releaseLease(holdLease({}, terms, at), at);
    assert.equal(readLease({ metadata: { resourceVersion: '9' }, spec }, 35_000).holder, undefined);
  });

  const readings: readonly { name: string; given: unknown; durationMs: number; holder?: string }[] = [
    { name: 'without a spec', given: undefined, durationMs: 35_000 },
    {
      name: 'with garbage in it',
      given: { holderIdentity: 7, leaseDurationSeconds: 'x' },
      durationMs: 35_000,
    },
    {
      name: 'of no duration',
      given: { holderIdentity: 'a', leaseDurationSeconds: 0 },
      durationMs: 35_000,
      holder: 'a',
    },
    {
      name: 'of another duration than ours',
      given: { holderIdentity: 'a', leaseDurationSeconds: 15 },
      durationMs: 15_000,
      holder: 'a',
    },
    {
      name: 'of a duration without end',
      given: { holderIdentity: 'a', leaseDurationSeconds: 2_000_000_000 },
      durationMs: 3_600_000,
      holder: 'a',
    },
  ];
  for (const { name, given, durationMs, holder } of readings) {
    it(`is read: one ${name}`, () => {
      const read = readLease({ metadata: {}, spec: given }, 35_000);
      assert.deepEqual([read.holder, read.durationMs], [holder, durationMs]);
    });
  }
});

describe('the times of an election', () => {
  it('are right as Flux has them', () => assert.equal(describeWrongTimes(leaderTimes), undefined));
  const wrong: readonly { name: string; given: Partial<typeof leaderTimes>; expected: RegExp }[] = [
    { name: 'no retry period', given: { retryPeriodMs: 0 }, expected: /retry period/ },
    { name: 'no number', given: { retryPeriodMs: Number.NaN }, expected: /retry period/ },
    { name: 'a deadline within one retry', given: { renewDeadlineMs: 6000 }, expected: /renew deadline/ },
    {
      name: 'a deadline as long as the lease',
      given: { renewDeadlineMs: 35_000 },
      expected: /lease duration/,
    },
  ];
  for (const { name, given, expected } of wrong) {
    it(`are wrong with ${name}`, () =>
      assert.match(describeWrongTimes({ ...leaderTimes, ...given }) ?? '', expected));
  }
});
