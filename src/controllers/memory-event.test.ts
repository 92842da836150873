import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memoryEvent } from './memory-event.ts';

it('an event on the pod near its limit says what to do', () => {
  const pod = { namespace: 'flux-system', name: 'holdfast-0', uid: 'uid' };
  const state = { usedBytes: 95, limitBytes: 100 } as const;
  const { type, reason, message } = memoryEvent(pod, { ...state, level: 'critical' });
  assert.deepEqual([type, reason], ['Warning', 'MemoryCritical']);
  assert.match(message, /no scan begins until memory is free; raise the memory limit/);
  assert.doesNotMatch(memoryEvent(pod, { ...state, level: 'normal' }).message, /raise/);
});
