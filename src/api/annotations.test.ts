import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findRepositoryProblems, parseAcceptShrunk, parsePolicyWishes } from './annotations.ts';

describe('the number of tags from which a list is right', () => {
  for (const { given, expected } of [
    { given: '0', expected: 0 },
    { given: ' 1000 ', expected: 1000 },
    { given: '', expected: undefined },
    { given: '-1', expected: undefined },
    { given: '1e3', expected: undefined },
    { given: undefined, expected: undefined },
  ]) {
    it(`is ${expected} where the annotation is ${JSON.stringify(given)}`, () => {
      const annotations = given === undefined ? {} : { 'holdfast.dev/accept-shrunk': given };
      assert.equal(parseAcceptShrunk(annotations), expected);
    });
  }
});

describe('annotations of a policy', () => {
  it('ask for nothing by default', () => {
    assert.deepEqual(parsePolicyWishes({ 'app.example/other': 'x' }), {
      hold: undefined,
      consent: undefined,
      minimumAgeMs: undefined,
      onMissing: 'Hold',
      problems: [],
    });
  });

  it('are read', () => {
    const wishes = parsePolicyWishes({
      'holdfast.dev/hold': 'true',
      'holdfast.dev/hold-reason': 'freeze',
      'holdfast.dev/hold-until': '2026-12-01T08:00:00Z',
      'holdfast.dev/allow-rollback': ' v1.0.0 ',
      'holdfast.dev/minimum-age': '72h',
      'holdfast.dev/on-missing': 'Rollback',
    });
    assert.deepEqual(wishes.hold, { reason: 'freeze', expiresAt: Date.UTC(2026, 11, 1, 8) });
    assert.equal(wishes.consent?.tag, 'v1.0.0');
    assert.equal(wishes.minimumAgeMs, 259_200_000);
    assert.equal(wishes.onMissing, 'Rollback');
    assert.deepEqual(wishes.problems, []);
  });

  it('that are not known are told with the nearest that is', () => {
    const { problems } = parsePolicyWishes({
      'holdfast.dev/hodl': 'true',
      'holdfast.dev/snooze': 'true',
      'other.dev/hold': 'x',
    });
    assert.equal(problems.length, 2);
    assert.equal(problems[0], 'annotation holdfast.dev/hodl is not known; did you mean holdfast.dev/hold?');
    assert.match(
      problems[1] ?? '',
      /^annotation holdfast\.dev\/snooze is not known; known are .*on-missing$/,
    );
  });

  it('mean nothing on an ImageRepository', () => {
    assert.deepEqual(findRepositoryProblems({ 'holdfast.dev/accept-shrunk': '20' }), []);
    assert.deepEqual(findRepositoryProblems({ 'holdfast.dev/accept-shrunk': 'yes' }), [
      'annotation holdfast.dev/accept-shrunk must be a number of tags, got "yes"',
    ]);
    assert.deepEqual(findRepositoryProblems({ 'holdfast.dev/accept-shrunc': '20' }), [
      'annotation holdfast.dev/accept-shrunc is not known; did you mean holdfast.dev/accept-shrunk?',
    ]);
    assert.deepEqual(findRepositoryProblems({ 'reconcile.fluxcd.io/requestedAt': 'now' }), []);
    assert.deepEqual(findRepositoryProblems({ 'holdfast.dev/hold': 'true', 'holdfast.dev/hodl': 'true' }), [
      'annotation holdfast.dev/hodl is not known; did you mean holdfast.dev/hold?',
      'annotation holdfast.dev/hold means nothing on an ImageRepository: write it on an ImagePolicy',
    ]);
  });

  it('are told of to a bounded number', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`holdfast.dev/x${at}`, '']));
    assert.equal(parsePolicyWishes(many).problems.length, 11);
  });

  for (const until of ['Dec 24', '12', '2026', '2026-12-24', '2026-12-24T08:00:00', '2026-13-01T00:00:00Z']) {
    it(`hold without end where the end is no instant: ${until}`, () => {
      const { hold, problems } = parsePolicyWishes({
        'holdfast.dev/hold': 'true',
        'holdfast.dev/hold-until': until,
      });
      assert.deepEqual(hold, { reason: 'no reason given', expiresAt: undefined });
      assert.equal(problems.length, 1);
    });
  }

  it('hold until an instant of any time zone', () => {
    const until = '2026-12-24t09:30:00.5+01:30';
    const { hold, problems } = parsePolicyWishes({
      'holdfast.dev/hold': 'true',
      'holdfast.dev/hold-until': until,
    });
    assert.deepEqual([hold?.expiresAt, problems], [Date.UTC(2026, 11, 24, 8, 0, 0, 500), []]);
  });

  it('hold where the hold says nothing, and not where only its end is named; both are told', () => {
    const empty = parsePolicyWishes({ 'holdfast.dev/hold': '' });
    assert.ok(empty.hold !== undefined);
    assert.equal(empty.problems[0], 'annotation holdfast.dev/hold must be true or false, got ""');
    const endless = parsePolicyWishes({ 'holdfast.dev/hold-until': '2026-12-24T08:00:00Z' });
    assert.equal(endless.hold, undefined);
    assert.deepEqual(endless.problems, [
      'annotation holdfast.dev/hold-until holds nothing without holdfast.dev/hold',
    ]);
  });

  it('that cannot be understood let nothing move', () => {
    const wishes = parsePolicyWishes({
      'holdfast.dev/hold': 'yes',
      'holdfast.dev/hold-until': 'tomorrow',
      'holdfast.dev/minimum-age': '3 days',
      'holdfast.dev/on-missing': 'rollback',
    });
    assert.deepEqual(wishes.hold, { reason: 'no reason given', expiresAt: undefined });
    assert.equal(wishes.minimumAgeMs, Number.MAX_SAFE_INTEGER);
    assert.equal(wishes.onMissing, 'Hold');
    assert.equal(wishes.problems.length, 4);
    assert.match(
      wishes.problems[0] ?? '',
      /^annotation holdfast\.dev\/hold-until must be an instant .*, got "tomorrow"$/,
    );
  });
});
