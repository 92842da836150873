import { hostOf, type Send } from './http.ts';
import { parseRateLimit } from './notices.ts';

/** What came of one request, as it went over the wire. */
export type RegistryAnswer = {
  /** As in the URL, with the port where it is not the usual one. */
  readonly host: string;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  /** Requests that the host still allows, where it says so. */
  readonly rateLimitRemaining?: number;
};

/** Tells what came of each request: for metrics. */
export function withAnswers(next: Send, onAnswer: (answer: RegistryAnswer) => void): Send {
  return async (request) => {
    try {
      const response = await next(request);
      const remaining = parseRateLimit(response)?.remaining;
      onAnswer({
        host: hostOf(response.url),
        status: response.status,
        ...(remaining === undefined ? {} : { rateLimitRemaining: remaining }),
      });
      return response;
    } catch (error) {
      // Nobody waited for the answer any more: that says nothing of the host.
      if (request.signal?.aborted !== true) onAnswer({ host: hostOf(request.url), status: undefined });
      throw error;
    }
  };
}
