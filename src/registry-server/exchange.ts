import type { IncomingHttpHeaders } from 'node:http';
import type { Actor } from './auth.ts';
import type { ActiveFaults } from './fault-rules.ts';

/** One request as the handlers see it. */
export type Exchange = {
  readonly method: string;
  /** Without query, and without the path prefix the registry is served under. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Scheme and host as the client wrote them, and the path prefix: what absolute URLs begin with. */
  readonly origin: string;
  readonly faults: ActiveFaults;
  readonly actor: Actor;
  /** The body, piece by piece. Ends with an error where the client goes away in the middle. */
  readonly body: AsyncIterable<Uint8Array>;
};

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
