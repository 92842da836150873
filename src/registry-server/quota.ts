import type { Clock } from '../clock.ts';
import type { Answer, Headers } from './answer.ts';
import { jsonAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import type { FaultOf } from './fault.ts';
import { retryAfterHeader } from './fault-answers.ts';

/** Docker Hub's own sentence. */
const quotaMessage =
  'You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit';

/** How much of each quota is used. Counts as Docker Hub does: a manifest GET is a pull, a HEAD is none. */
export class Quotas {
  readonly #clock: Clock;
  readonly #used = new WeakMap<FaultOf<'quota'>, { count: number; since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts the request; headers for the answer, and the answer itself where nothing is left. */
  count({ faults, method }: Exchange): { readonly headers: Headers; readonly refusal?: Answer } {
    const fault = faults.find('quota');
    if (fault === undefined) return { headers: {} };
    const now = this.#clock.now();
    let used = this.#used.get(fault);
    if (used === undefined || now - used.since >= fault.windowSeconds * 1000) used = { count: 0, since: now };
    const isRefused = method === 'GET' && used.count >= fault.limit;
    if (method === 'GET' && !isRefused) used.count += 1;
    this.#used.set(fault, used);
    const headers = {
      'ratelimit-limit': `${fault.limit};w=${fault.windowSeconds}`,
      'ratelimit-remaining': `${fault.limit - used.count};w=${fault.windowSeconds}`,
      'docker-ratelimit-source': '192.0.2.1',
    };
    if (!isRefused) return { headers };
    const refusal = jsonAnswer(
      429,
      { errors: [{ code: 'TOOMANYREQUESTS', message: quotaMessage }] },
      { ...headers, ...retryAfterHeader(fault.retryAfter, this.#clock) },
    );
    return { headers, refusal };
  }
}
