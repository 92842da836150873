import type { Clock } from '../../clock.ts';
import { RegistryError } from '../errors.ts';
import type { RegistryLimits } from '../limits.ts';
import type { Delay, HostLimiter } from './host-limiter.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf, type Send } from './http.ts';
import { parseRetryAfter } from './retry-after.ts';

export type RetryDependencies = {
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly delay: Delay;
  readonly limiter: HostLimiter;
};

/** Answers after which the same request may go well. 501 and 505 will not change. */
const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Sends again what failed for a reason that may pass: bounded times, with waits that double and are partly
 * random, so that many clients do not come back together. `Retry-After` is obeyed up to a limit; a longer
 * one ends the attempts, and the answer goes to the caller, who says when to come back.
 */
export function withRetry(next: Send, dependencies: RetryDependencies, limits: RegistryLimits): Send {
  const { clock, delay, limiter, random } = dependencies;
  const backoff = (attempt: number): number => {
    const full = Math.min(limits.backoffMaxMs, limits.backoffMs * 2 ** attempt);
    return full / 2 + (full / 2) * random();
  };

  /** Undefined where there is nothing to wait for. */
  const waitAfter = (answer: HttpResponse, attempt: number): number | undefined => {
    const asked = parseRetryAfter(headerOf(answer, 'retry-after'), clock.now());
    const waitMs = Math.max(asked ?? 0, backoff(attempt));
    const isThrottled = answer.status === 429 || asked !== undefined;
    // Whoever else talks to this host waits as well, even where this request gives up.
    if (isThrottled)
      limiter.pause(hostOf(answer.url), clock.now() + Math.min(waitMs, limits.retryAfterMaxMs));
    return waitMs <= limits.retryAfterMaxMs ? waitMs : undefined;
  };

  return async (request) => {
    const attemptsMax = isRepeatable(request) ? limits.attemptsMax : 1;
    for (let attempt = 0; ; attempt += 1) {
      const isLast = attempt + 1 >= attemptsMax;
      let waitMs: number | undefined;
      try {
        const answer = await next(request);
        if (!transientStatuses.has(answer.status)) return answer;
        waitMs = waitAfter(answer, attempt);
        if (isLast || waitMs === undefined) return answer;
        answer.body.discard();
      } catch (error) {
        if (isLast || !(error instanceof RegistryError) || !error.retryable) throw error;
        waitMs = backoff(attempt);
      }
      await delay(waitMs, request.signal);
    }
  };
}

function isRepeatable(request: HttpRequest): boolean {
  return request.repeatable ?? (request.method === 'GET' || request.method === 'HEAD');
}
