import type { Clock, EpochMs } from '../../clock.ts';
import { hostOf, type Send } from './http.ts';

/** Waits, unless the signal ends it first: then it rejects with the signal's reason. */
export type Delay = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

/** All traffic with one host goes through one gate, whichever repository it is for. */
export interface HostLimiter {
  /** Runs at most so many requests on one host at a time, and none while the host is paused. */
  wrap(next: Send): Send;
  /** Sends nothing more to a host until then: it said that it is asked too much. */
  pause(host: string, until: EpochMs): void;
}

type Gate = { active: number; pausedUntil: EpochMs; readonly waiting: (() => void)[] };

/**
 * A request counts until its headers are there: a body that is still read occupies nobody else, so a copy
 * within one registry cannot wait for itself.
 */
export function makeHostLimiter(requestsMax: number, clock: Clock, delay: Delay): HostLimiter {
  const gates = new Map<string, Gate>();
  const gateOf = (host: string): Gate => {
    const gate = gates.get(host) ?? { active: 0, pausedUntil: 0, waiting: [] };
    gates.set(host, gate);
    return gate;
  };

  const enter = async (gate: Gate, signal: AbortSignal | undefined): Promise<void> => {
    if (gate.active < requestsMax) gate.active += 1;
    else await queue(gate, signal);
    try {
      // Again after each wait: the pause may have grown meanwhile.
      for (let rest = gate.pausedUntil - clock.now(); rest > 0; rest = gate.pausedUntil - clock.now()) {
        await delay(rest, signal);
      }
    } catch (error) {
      leave(gate);
      throw error;
    }
  };

  return {
    wrap: (next) => async (request) => {
      const gate = gateOf(hostOf(request.url));
      await enter(gate, request.signal);
      try {
        return await next(request);
      } finally {
        leave(gate);
      }
    },
    pause(host, until) {
      const gate = gateOf(host);
      gate.pausedUntil = Math.max(gate.pausedUntil, until);
    },
  };
}

/** Resolves when a place was handed over by {@link leave}. */
function queue(gate: Gate, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const enter = (): void => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = (): void => {
      gate.waiting.splice(gate.waiting.indexOf(enter), 1);
      reject(signal?.reason);
    };
    if (signal?.aborted === true) return reject(signal.reason);
    signal?.addEventListener('abort', giveUp, { once: true });
    gate.waiting.push(enter);
  });
}

function leave(gate: Gate): void {
  const next = gate.waiting.shift();
  if (next === undefined) gate.active -= 1;
  else next();
}
