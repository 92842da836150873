import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicyWishes } from './annotations.ts';

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
