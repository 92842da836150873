import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { withAuthorization } from './auth/authorizer.ts';
import { getSmallBlob, openBlob } from './blobs.ts';
import type { Environment } from './config/proxy.ts';
import type { Keychain } from './credential.ts';
import type { EndpointSource } from './endpoint.ts';
import type { Connection } from './endpoint-walk.ts';
import { type RegistryAnswer, withAnswers } from './http/answers.ts';
import { type Delay, makeHostLimiter } from './http/host-limiter.ts';
import { makeNotices } from './http/notices.ts';
import { withPlainFallback } from './http/plain-fallback.ts';
import { withRedirects } from './http/redirects.ts';
import { withRetry } from './http/retry.ts';
import { openTransport } from './http/transport.ts';
import { type RegistryLimits, registryLimits } from './limits.ts';
import { getManifest, headManifest } from './manifests.ts';
import { pushManifest } from './pushes.ts';
import { makeRedactor } from './redact.ts';
import { listReferrers } from './referrers.ts';
import type { RegistryClient } from './registry-client.ts';
import { listTagPages } from './tags.ts';
import { mountBlob, pushBlob } from './uploads.ts';

export type RegistryClientOptions = {
  readonly keychain: Keychain;
  readonly endpoints: EndpointSource;
  readonly clock: Clock;
  /** From 0 to below 1: spreads the waits of many clients. */
  readonly random: () => number;
  /** Proxies, and files of certificates to trust. */
  readonly env: Environment;
  /** Through which every request goes, whatever `env` says, to loopback hosts too. */
  readonly proxy?: URL | undefined;
  /** Whether a registry may send us further inside the network than where it is itself. Default: no. */
  readonly allowsInnerAddresses?: boolean;
  readonly limits?: Partial<RegistryLimits>;
  /** Told of each request as it went over the wire, retries and redirects too. */
  readonly onAnswer?: (answer: RegistryAnswer) => void;
  /** How waiting is done; tests need not wait. */
  readonly delay?: Delay;
};

/** A client for every registry. Opens no connection before it is asked something. */
export function openRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { clock, random, keychain, allowsInnerAddresses = false } = options;
  const delay = options.delay ?? sleep;
  const limits = { ...registryLimits, ...options.limits };
  const redactor = makeRedactor();
  const reading = { limits, redactor };
  const notices = makeNotices(clock, redactor);
  const warn = (text: string): void => notices.warn(text);
  const transport = openTransport(options.env, warn, limits, options.proxy);
  const limiter = makeHostLimiter(limits.requestsPerHostMax, clock, delay);
  // From the wire outwards. The limiter is inside of the retries: a request that waits to be sent again
  // occupies nobody. Authorization is outside of the redirects: what a host is shown stays with the host.
  const send =
    options.onAnswer === undefined ? transport.send : withAnswers(transport.send, options.onAnswer);
  const paced = limiter.wrap(notices.wrap(send));
  const steady = withRetry(paced, { clock, random, delay, limiter }, limits);
  const redirected = withRedirects(steady, limits, allowsInnerAddresses);
  const authorized = withAuthorization(redirected, { keychain, clock, reading, allowsInnerAddresses, warn });
  const connection: Connection = {
    send: withPlainFallback(authorized),
    endpoints: options.endpoints,
    warn,
    reading,
  };
  return {
    headManifest: (...words) => headManifest(connection, ...words),
    getManifest: (...words) => getManifest(connection, ...words),
    getSmallBlob: (...words) => getSmallBlob(connection, ...words),
    openBlob: (...words) => openBlob(connection, ...words),
    listTagPages: (...words) => listTagPages(connection, ...words),
    listReferrers: (...words) => listReferrers(connection, ...words),
    pushBlob: (...words) => pushBlob(connection, ...words),
    mountBlob: (...words) => mountBlob(connection, ...words),
    pushManifest: (...words) => pushManifest(connection, ...words),
    rateLimits: () => notices.rateLimits(),
    warnings: () => notices.warnings(),
    close: () => transport.close(),
  };
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  } catch {
    // The timer's own error says nothing of why it was cancelled.
    signal?.throwIfAborted();
  }
}
