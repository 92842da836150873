import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conditionTypes, withConditions } from './conditions.ts';
import { reasons } from './reasons.ts';

const at = { generation: 2, instant: '2026-01-02T00:00:00Z' };
const old = {
  status: 'True',
  reason: 'Old',
  message: 'old',
  lastTransitionTime: '2026-01-01T00:00:00Z',
} as const;

describe('conditions', () => {
  it('keep their time for as long as their status stays', () => {
    const before = [{ type: 'Ready', ...old }];
    const next = { type: conditionTypes.ready, reason: reasons.succeeded, message: 'new' } as const;
    const [same] = withConditions(before, { set: [{ ...next, status: 'True' }] }, at);
    assert.deepEqual(same, {
      ...next,
      status: 'True',
      observedGeneration: 2,
      lastTransitionTime: old.lastTransitionTime,
    });
    const [other] = withConditions(before, { set: [{ ...next, status: 'False' }] }, at);
    assert.equal(other?.lastTransitionTime, at.instant);
  });

  it('of others stay, and those that ended go', () => {
    const before = ['Stalled', 'example.com/Own', 'Ready'].map((type) => ({ type, ...old }));
    const after = withConditions(before, { set: [], remove: [conditionTypes.stalled] }, at);
    assert.deepEqual(
      after.map(({ type }) => type),
      ['Ready', 'example.com/Own'],
    );
  });
});
