import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import type { Actor } from './auth.ts';
import type { ActiveFaults } from './fault-rules.ts';

/** One request as the handlers see it. */
export type Exchange = {
  readonly method: string;
  /** Without query, and without the path prefix the registry is served under. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Scheme and host as the client wrote them: absolute URLs must lead it back through whatever is between. */
  readonly origin: string;
  /** The path prefix that the registry is served under; empty mostly. */
  readonly prefix: string;
  readonly faults: ActiveFaults;
  /** The 401 it is due, where it brought no right to what it asks for. */
  readonly challenge: Answer | undefined;
  readonly actor: Actor;
  /** The body, piece by piece. Ends with an error where the client goes away in the middle. */
  readonly body: AsyncIterable<Uint8Array>;
};

export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The URL of a path of this registry, as a client outside it must write it. */
export function absoluteUrl({ origin, prefix }: Exchange, path: string): string {
  return origin + prefix + path;
}
