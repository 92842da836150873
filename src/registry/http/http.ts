/**
 * How a request travels: a `Send`, wrapped by others (`auth`, `redirects`, `retry`, `host-limiter`), each
 * adding one behaviour. The innermost is the transport.
 */
import type { Repository } from '../../reference/repository.ts';
import type { TlsOptions } from '../endpoint.ts';
import type { AddressRank } from './address.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type HttpRequest = {
  readonly method: Method;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | (() => AsyncIterable<Uint8Array>);
  readonly signal?: AbortSignal | undefined;
  readonly tls: TlsOptions;
  /** What errors say the request was about, e.g. `ghcr.io/org/app:1.0`. */
  readonly about: string;
  /** Whether sending it twice does no harm. Default: only GET and HEAD. */
  readonly repeatable?: boolean;
  /** Where to ask by plain HTTP if no TLS is spoken there; only for a host the user called insecure. */
  readonly plainOrigin?: string;
  /** For whom, and what for, credentials may be shown. Absent: to nobody. */
  readonly access?: Access;
  /** The innermost address the host may have; set where another host named this one. Default: any. */
  readonly addressRankMax?: AddressRank;
};

/** What a request needs permission for. */
export type Access = {
  readonly repository: Repository;
  readonly actions: 'pull' | 'push';
  /** A second repository that is read (mounting). */
  readonly from?: Repository;
};

export type HttpResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ResponseHeaders;
  /** Must be read to its end, or discarded. */
  readonly body: HttpBody;
  /** Whence it came, after redirects. */
  readonly url: URL;
  readonly addressRank: AddressRank;
};

export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Bytes as they come. Iterating throws `RegistryError` where the body breaks. */
export interface HttpBody extends AsyncIterable<Uint8Array> {
  /** Gives up the rest; `error` is what a reader in the middle of it then gets. */
  discard(error?: Error): void;
}

export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** One header's value; several lines are joined as RFC 9110 allows. Undefined where it was not sent. */
export function headerOf(response: { readonly headers: ResponseHeaders }, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

/** Host and port as in a URL: what messages name. Never the path or the query, which may be signed. */
export function hostOf(url: URL): string {
  return url.host;
}

/** The TLS options that may be used with a host another one named: trust, but nothing said of one host alone. */
export function tlsForOtherHost(tls: TlsOptions): TlsOptions {
  return tls.ca === undefined ? {} : { ca: tls.ca };
}
