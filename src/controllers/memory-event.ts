import type { ObjectEvent } from '../cluster/event-recorder.ts';
import { describeMemory } from '../memory/describe-memory.ts';
import type { MemoryLevel } from '../memory/memory-level.ts';
import type { MemoryState } from '../memory/memory-watch.ts';

/** The pod this process runs in, as it was told; without `uid`, `kubectl describe` does not find its events. */
export type OwnPod = { readonly namespace: string; readonly name: string; readonly uid: string };

/** What a changed level of memory is worth saying on our own pod: once when it rises, once when it falls. */
export function memoryEvent({ namespace, name, uid }: OwnPod, state: MemoryState): ObjectEvent {
  const { reason, consequence } = meanings[state.level];
  return {
    object: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid, resourceVersion: '' },
    type: state.level === 'normal' ? 'Normal' : 'Warning',
    reason,
    message: `${describeMemory(state)}: ${consequence}`,
  };
}

const meanings: Readonly<Record<MemoryLevel, { readonly reason: string; readonly consequence: string }>> = {
  normal: { reason: 'MemoryNormal', consequence: 'scans run as usual' },
  high: {
    reason: 'MemoryHigh',
    consequence: 'scans run one at a time; raise the memory limit if it stays so',
  },
  critical: {
    reason: 'MemoryCritical',
    consequence: 'no scan begins until memory is free; raise the memory limit if it stays so',
  },
};
