import { conditionTypes, findCondition } from '../api/conditions.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { reasons } from '../api/reasons.ts';
import type { EpochMs } from '../clock.ts';
import { parseNamespacedName } from '../cluster/namespaced-name.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';
import { objectEvent } from './report.ts';
import { logFields, reportRepository } from './repository-report.ts';
import type { RunOutcome } from './work-queue.ts';

/** Until memory is looked at again for the scan that waits longest; it wakes the next one when it begins. */
const firstAgainMs = 1000;

/** The same for the others, should nobody wake them. */
const otherAgainMs = 10_000;

/** A wait below this is none: another scan ends, or a garbage collection comes, and nobody has to do a thing. */
const toldAfterMs = 2000;

/** Scans that are due and wait for memory: said when it begins to last and when it ends, not at each look between. */
export interface PutOffScans {
  /** The scan waits: a condition on the object, and an event where it was not told before. */
  putOff(object: ImageRepository, because: string): Promise<RunOutcome>;
  /** The scan begins: an event where it was told to wait. The condition goes with what comes of the scan. */
  resume(object: ImageRepository): void;
  /** Nothing is due any more, or the object is gone. */
  forget(object: ImageRepository): void;
  /** There may be memory again: the scan that waits longest is tried. */
  wake(): void;
  /** What a run of this key leaves without having put the scan off again no longer waits. */
  during<Result>(key: string, run: () => Promise<Result>): Promise<Result>;
}

type Waiting = { readonly sinceAt: EpochMs; readonly isTold: boolean };

export function makePutOffScans(term: Term): PutOffScans {
  /** Of this term, the longest first; an object also carries its own beginning, for the next leader. */
  const waiting = new Map<string, Waiting>();

  function findWaiting(object: ImageRepository): Waiting | undefined {
    const condition = findCondition(object.status.conditions, conditionTypes.scanPutOff);
    const at = Date.parse(condition?.lastTransitionTime ?? '');
    return waiting.get(keyOf(object)) ?? (Number.isNaN(at) ? undefined : { sinceAt: at, isTold: true });
  }

  function forget(object: ImageRepository): void {
    term.metrics.scanPutOff(object.meta, undefined);
    // Whoever stood behind it is first now, and looks sooner.
    if (waiting.delete(keyOf(object))) wake();
  }

  /** Of those that are ours: what another replica looks after by now does not wait here. */
  function findFirst(): string | undefined {
    for (const key of waiting.keys()) {
      const object = term.repositories.get(key);
      if (object !== undefined && term.mayWrite(object)) return key;
      waiting.delete(key);
    }
    return undefined;
  }

  function wake(): void {
    const first = findFirst();
    if (first !== undefined) term.wakeRepository(first);
  }

  async function tell(object: ImageRepository, message: string): Promise<void> {
    await reportRepository(term, object, { kind: 'waiting', message }, {}, { set: [conditionOf(message)] });
    if (term.options.observe) return;
    term.events.record(objectEvent(object, 'Warning', reasons.memoryShort, message));
  }

  return {
    async putOff(object, because) {
      const key = keyOf(object);
      const now = term.clock.now();
      const before = findWaiting(object) ?? { sinceAt: now, isTold: false };
      const leftMs = before.sinceAt + toldAfterMs - now;
      const isTold = before.isTold || leftMs <= 0;
      if (!waiting.has(key))
        term.metrics.scanned({ repository: object.meta, outcome: 'skipped', durationMs: 0 });
      waiting.set(key, { sinceAt: before.sinceAt, isTold });
      term.metrics.scanPutOff(object.meta, before.sinceAt);
      const message = `the scan is put off until memory is free: ${because}`;
      const isNews = isTold && !before.isTold;
      term.log.write(isNews ? 'warn' : 'debug', message, logFields(object));
      if (isNews) await tell(object, message);
      const againMs = findFirst() === key ? firstAgainMs : otherAgainMs;
      return { kind: 'again', afterMs: isTold ? againMs : Math.min(againMs, Math.max(leftMs, 1)) };
    },

    resume(object) {
      const before = findWaiting(object);
      if (before === undefined) return;
      forget(object);
      if (!before.isTold) return;
      const seconds = Math.max(0, Math.round((term.clock.now() - before.sinceAt) / 1000));
      const message = `the scan that was put off for ${seconds} s begins`;
      term.log.write('info', message, logFields(object));
      if (!term.options.observe) {
        term.events.record(objectEvent(object, 'Normal', reasons.scanResumed, message));
      }
    },

    forget,
    wake,

    async during(key, run) {
      const before = waiting.get(key);
      try {
        return await run();
      } finally {
        const after = waiting.get(key);
        if (after !== undefined && after === before) {
          waiting.delete(key);
          term.metrics.scanPutOff(parseNamespacedName(key), undefined);
          wake();
        }
      }
    },
  };
}

function conditionOf(message: string) {
  return { type: conditionTypes.scanPutOff, status: 'True', reason: reasons.memoryShort, message } as const;
}
