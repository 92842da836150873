import { conditionTypes, findCondition } from '../api/conditions.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { reasons } from '../api/reasons.ts';
import type { EpochMs } from '../clock.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';
import { objectEvent } from './report.ts';
import { logFields, reportRepository } from './repository-report.ts';
import type { RunOutcome } from './work-queue.ts';

/** Until memory is looked at again for a scan that was put off. */
const againMs = 10_000;

/** Scans that are due and wait for memory: said when it begins and when it ends, not at each look between. */
export interface PutOffScans {
  /** The scan waits: a condition on the object, and an event where it did not wait before. */
  putOff(object: ImageRepository, because: string): Promise<RunOutcome>;
  /** The scan begins: an event where it had waited. The condition goes with what comes of the scan. */
  resume(object: ImageRepository): void;
  /** Nothing is due any more, or the object is gone. */
  forget(object: ImageRepository): void;
}

export function makePutOffScans(term: Term): PutOffScans {
  /** Of this term; an object also carries its own beginning, for the next leader. */
  const waiting = new Map<string, EpochMs>();

  function findBeginning(object: ImageRepository): EpochMs | undefined {
    const condition = findCondition(object.status.conditions, conditionTypes.scanPutOff);
    const at = Date.parse(condition?.lastTransitionTime ?? '');
    return waiting.get(keyOf(object)) ?? (Number.isNaN(at) ? undefined : at);
  }

  function forget(object: ImageRepository): void {
    waiting.delete(keyOf(object));
    term.metrics.scanPutOff(object.meta, undefined);
  }

  return {
    async putOff(object, because) {
      const before = findBeginning(object);
      const sinceAt = before ?? term.clock.now();
      const message = `the scan is put off until memory is free: ${because}`;
      waiting.set(keyOf(object), sinceAt);
      term.metrics.scanned({ repository: object.meta, outcome: 'skipped', durationMs: 0 });
      term.metrics.scanPutOff(object.meta, sinceAt);
      term.log.write(before === undefined ? 'warn' : 'debug', message, logFields(object));
      if (before !== undefined) return { kind: 'again', afterMs: againMs };
      await reportRepository(term, object, { kind: 'waiting', message }, {}, { set: [conditionOf(message)] });
      if (!term.options.observe) {
        term.events.record(objectEvent(object, 'Warning', reasons.memoryShort, message));
      }
      return { kind: 'again', afterMs: againMs };
    },

    resume(object) {
      const sinceAt = findBeginning(object);
      if (sinceAt === undefined) return;
      forget(object);
      const seconds = Math.max(0, Math.round((term.clock.now() - sinceAt) / 1000));
      const message = `the scan that was put off for ${seconds} s begins`;
      term.log.write('info', message, logFields(object));
      if (!term.options.observe) {
        term.events.record(objectEvent(object, 'Normal', reasons.scanResumed, message));
      }
    },

    forget,
  };
}

function conditionOf(message: string) {
  return { type: conditionTypes.scanPutOff, status: 'True', reason: reasons.memoryShort, message } as const;
}
