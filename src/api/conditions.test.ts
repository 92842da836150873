import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ConditionType, conditionTypes, type NextCondition, withConditions } from './conditions.ts';
import { reasons } from './reasons.ts';

const at = { generation: 2, instant: '2026-01-02T00:00:00Z' };
const old = {
  status: 'True',
  reason: reasons.succeeded,
  message: 'old',
  lastTransitionTime: '2026-01-01T00:00:00Z',
} as const;

describe('conditions', () => {
  const timeOf = (type: ConditionType, next: Partial<NextCondition>) => {
    const said = { status: 'True', reason: reasons.succeeded, message: 'old', ...next } as const;
    const before = [{ ...old, type }];
    const [written] = withConditions(before, { set: [{ type, ...said }] }, at);
    assert.deepEqual(written, {
      type,
      ...said,
      observedGeneration: 2,
      lastTransitionTime: written?.lastTransitionTime,
    });
    return written?.lastTransitionTime;
  };

  it('of kstatus keep their time for as long as they say the same', () => {
    assert.equal(timeOf(conditionTypes.ready, {}), old.lastTransitionTime);
    assert.equal(timeOf(conditionTypes.ready, { status: 'False' }), at.instant);
    assert.equal(timeOf(conditionTypes.ready, { reason: reasons.failed }), at.instant);
    assert.equal(timeOf(conditionTypes.ready, { message: 'new' }), at.instant);
  });

  it('of ours keep their time for as long as their status stays', () => {
    const { selection } = conditionTypes;
    assert.equal(timeOf(selection, { reason: reasons.failed, message: 'new' }), old.lastTransitionTime);
    assert.equal(timeOf(selection, { status: 'False' }), at.instant);
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
