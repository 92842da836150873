import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** One request that came in. Never holds a secret: credentials are named by their kind alone. */
export type LoggedRequest = {
  /** Which of the two hosts was asked. */
  readonly listener: ListenerKind;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As sent, with `Basic [redacted]` where a credential was. */
  readonly headers: IncomingHttpHeaders;
  /** The same number for requests over one connection. */
  readonly connection: number;
  /** What was answered; absent while it is not answered, and for good where the client went before. */
  readonly status: number | undefined;
  /** Neither has the answer gone out, nor has the client gone. */
  readonly isOpen: boolean;
};

/** The registry itself, or the host it redirects blobs to. */
export type ListenerKind = 'registry' | 'storage';

/** Which requests to count; all that are given must fit. `path` may be a part of it. */
export type RequestFilter = {
  readonly listener?: ListenerKind;
  readonly method?: string;
  readonly path?: string | RegExp;
  readonly status?: number;
};

/** Requests kept; beyond that only their number. A benchmark sends more and wants none of them. */
const keptMaxDefault = 10_000;

/** The scheme before the secret is worth keeping: whether a credential was sent, and of which kind. */
const credentialHeaders = ['authorization', 'proxy-authorization'];
const secretHeaders = ['cookie', 'x-registry-auth'];
const secretParameters = ['password', 'token', 'access_token', 'refresh_token'];

/** What becomes of a request that was written down. */
export type RequestEntry = { answer(status: number): void; end(): void };

/** What was asked, for tests to count: at least the last 10 000 requests, oldest first. */
export class RequestLog {
  readonly #keptMax: number;
  #kept: { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] }[] = [];
  #total = 0;
  readonly #connections = new WeakMap<object, number>();
  #connectionCount = 0;

  constructor(keptMax: number = keptMaxDefault) {
    this.#keptMax = keptMax;
  }

  /** Requests ever, also those no longer kept. */
  get total(): number {
    return this.#total;
  }

  /** Connections ever that carried a request. */
  get connections(): number {
    return this.#connectionCount;
  }

  list(filter: RequestFilter = {}): readonly LoggedRequest[] {
    return this.#kept.filter((request) => fits(request, filter));
  }

  count(filter: RequestFilter = {}): number {
    return this.list(filter).length;
  }

  clear(): void {
    this.#kept = [];
    this.#total = 0;
  }

  /** Writes the request down; what it returns writes beside it what becomes of it. */
  record(listener: ListenerKind, request: IncomingMessage, url: URL): RequestEntry {
    this.#total += 1;
    // Forgetting by halves: dropping one at a time would move all entries for each request.
    if (this.#kept.length >= this.#keptMax * 2) this.#kept = this.#kept.slice(-this.#keptMax);
    const entry = {
      listener,
      method: request.method ?? 'GET',
      path: url.pathname,
      query: redactQuery(url.searchParams),
      headers: redactHeaders(request.headers),
      connection: this.#numberOf(request.socket),
      status: undefined as number | undefined,
      isOpen: true,
    };
    this.#kept.push(entry);
    return {
      answer(status) {
        entry.status = status;
      },
      end() {
        entry.isOpen = false;
      },
    };
  }

  #numberOf(socket: object): number {
    let number = this.#connections.get(socket);
    if (number === undefined) {
      this.#connectionCount += 1;
      number = this.#connectionCount;
      this.#connections.set(socket, number);
    }
    return number;
  }
}

function fits(request: LoggedRequest, filter: RequestFilter): boolean {
  const { path } = filter;
  return (
    (filter.listener === undefined || filter.listener === request.listener) &&
    (filter.method === undefined || filter.method === request.method) &&
    (filter.status === undefined || filter.status === request.status) &&
    (path === undefined || (typeof path === 'string' ? request.path.includes(path) : path.test(request.path)))
  );
}

function redactHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const redacted = { ...headers };
  for (const name of secretHeaders) if (name in headers) redacted[name] = '[redacted]';
  for (const name of credentialHeaders) {
    const value = headers[name];
    if (typeof value === 'string') redacted[name] = `${value.split(' ', 1)[0]} [redacted]`;
  }
  return redacted;
}

function redactQuery(query: URLSearchParams): URLSearchParams {
  for (const name of secretParameters) if (query.has(name)) query.set(name, '[redacted]');
  return query;
}
