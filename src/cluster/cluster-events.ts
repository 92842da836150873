import { type Clock, type EpochMs, formatInstant } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { backOffMs, type Timing, wait } from '../timing.ts';
import { ClusterError } from './errors.ts';
import { type EventRecorder, notesOf, type ObjectEvent } from './event-recorder.ts';
import { cleanText, textAt } from './foreign-value.ts';
import type { KubernetesClient, ResourceKind } from './kubernetes-client.ts';
import { makeOutbox } from './outbox.ts';

export type ClusterEventsOptions = {
  readonly client: KubernetesClient;
  /** Who reports, e.g. `image-reflector-controller`. */
  readonly component: string;
  /** Which of its replicas: the pod's name. */
  readonly instance: string;
  readonly onDropped?: (event: ObjectEvent) => void;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
};

const eventKind: ResourceKind = { group: '', version: 'v1', kind: 'Event', plural: 'events' };

/** How long the same event is counted instead of written again. Source: client-go's correlator. */
const windowMs = 600_000;

/** Events of one object at once, and how often one more. Source: client-go's spam filter. */
const burst = 25;
const refillMs = 300_000;

/** Events and objects remembered: some hundred bytes each. */
const rememberedMax = 4096;

/** Events that wait for the API server. */
const waitingMax = 1000;

/** Longest message. Source: the API's validation of `note`. */
const messageLengthMax = 1024;

/** Of an object's name in the name of an event, which has 253 characters with the stamp. */
const nameLengthMax = 230;

const attemptsMax = 3;
const backOff = { minMs: 1000, maxMs: 10_000 };

/** How long closing waits for what is not sent yet. */
const closeMs = 5000;

type Written = { readonly name: string; readonly count: number; readonly lastAt: EpochMs };

/**
 * Events as `kubectl describe` shows them (core/v1). The same event again counts up, an object that talks
 * without end is muted, and an API server that is away costs nobody a wait.
 */
export function makeClusterEvents(options: ClusterEventsOptions): EventRecorder {
  const { client, clock, timing, log } = options;
  const written = new Map<string, Written>();
  const waiting = new Map<string, number>();
  const budget = makeBudget(clock);
  const stampOf = makeStamps(timing);
  const drop = (event: ObjectEvent): void => options.onDropped?.(event);

  async function write(event: ObjectEvent, times: number, signal: AbortSignal): Promise<void> {
    const key = keyOf(event);
    const { namespace } = event.object;
    const at = clock.now();
    const before = written.get(key);
    if (before !== undefined && at - before.lastAt < windowMs) {
      const next = { ...before, count: before.count + times, lastAt: at };
      const patch = { count: next.count, lastTimestamp: formatInstant(at) };
      const fieldManager = options.component;
      try {
        await client.mergePatch(eventKind, { namespace, name: before.name }, patch, { fieldManager, signal });
        return remember(written, key, next);
      } catch (error) {
        // Events go after an hour, and whoever likes may remove them.
        if (!(error instanceof ClusterError) || error.code !== 'CLUSTER_NOT_FOUND') throw error;
      }
    }
    const body = bodyOf(event, options, { at, times, stamp: stampOf(at) });
    const made = await client.create(eventKind, namespace, body, signal);
    remember(written, key, { name: textAt(made.metadata, 'name') ?? '', count: times, lastAt: at });
  }

  const outbox = makeOutbox<ObjectEvent>({
    itemsMax: waitingMax,
    timing,
    onDropped(event) {
      waiting.delete(keyOf(event));
      drop(event);
    },
    async send(event, signal) {
      const times = waiting.get(keyOf(event)) ?? 1;
      waiting.delete(keyOf(event));
      try {
        await trying(timing, signal, () => write(event, times, signal));
      } catch (error) {
        const { kind, namespace, name } = event.object;
        log.write('warn', `cannot write an event: ${describeError(error)}`, { kind, namespace, name });
        drop(event);
      }
    },
  });

  return {
    record(event) {
      const key = keyOf(event);
      const before = waiting.get(key);
      if (before !== undefined) waiting.set(key, before + 1);
      else if (budget.take(event.object.uid)) {
        waiting.set(key, 1);
        outbox.put(event);
      } else drop(event);
    },
    close: () => outbox.close(closeMs),
  };
}

/** Runs again what failed for a reason that may pass. */
async function trying(timing: Timing, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ClusterError) || !error.retryable || attempt === attemptsMax) throw error;
      await wait(timing, backOffMs(attempt, backOff, timing.random()), signal);
    }
  }
}

/** So many at once for each object, and one more each while. */
function makeBudget(clock: Clock): { take(uid: string): boolean } {
  const budgets = new Map<string, { readonly left: number; readonly at: EpochMs }>();
  return {
    take(uid) {
      const at = clock.now();
      const before = budgets.get(uid) ?? { left: burst, at };
      const left = Math.min(burst, before.left + Math.max(0, at - before.at) / refillMs);
      const isTaken = left >= 1;
      remember(budgets, uid, { left: isTaken ? left - 1 : left, at });
      return isTaken;
    },
  };
}

/** Puts it last, and forgets what has not been put for longest. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= rememberedMax) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}

/**
 * Nanoseconds, as client-go names its events: so `kubectl get events` shows those of an object in order. Each is
 * another, and not likely that of another replica.
 */
function makeStamps(timing: Timing): (at: EpochMs) => string {
  let last = 0n;
  return (at) => {
    const next = BigInt(at) * 1_000_000n + BigInt(Math.floor(timing.random() * 1_000_000));
    last = next > last ? next : last + 1n;
    return last.toString(16);
  };
}

function keyOf({ object, type, reason, message }: ObjectEvent): string {
  return JSON.stringify([object.uid, type, reason, message]);
}

function bodyOf(
  { object, type, reason, message }: ObjectEvent,
  { component, instance }: ClusterEventsOptions,
  { at, times, stamp }: { readonly at: EpochMs; readonly times: number; readonly stamp: string },
): Readonly<Record<string, unknown>> {
  const { apiVersion, kind, namespace, name, uid, resourceVersion } = object;
  const annotations = notesOf(object);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name.slice(0, nameLengthMax)}.${stamp}`,
      namespace,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
    type,
    reason,
    message: cleanText(message).slice(0, messageLengthMax),
    count: times,
    firstTimestamp: formatInstant(at),
    lastTimestamp: formatInstant(at),
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
  };
}
