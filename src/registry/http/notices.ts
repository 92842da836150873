import type { Clock } from '../../clock.ts';
import type { Redactor } from '../redact.ts';
import type { RateLimit } from '../registry-client.ts';
import { type HttpResponse, headerOf, hostOf, type Send } from './http.ts';

/** What registries say beside their answers. */
export interface Notices {
  wrap(next: Send): Send;
  /** Something a person may want to know of, e.g. a mirror that was passed over. Each text once. */
  warn(text: string): void;
  rateLimits(): readonly RateLimit[];
  warnings(): readonly string[];
}

/** Different warnings kept; a registry that invents more tells nothing new. */
const warningsMax = 100;

export function makeNotices(clock: Clock, redactor: Redactor): Notices {
  const limits = new Map<string, RateLimit>();
  const warnings = new Set<string>();
  const warn = (text: string): void => {
    if (warnings.size < warningsMax) warnings.add(redactor.redact(text));
  };
  const note = (response: HttpResponse): void => {
    const host = hostOf(response.url);
    const quota = parseRateLimit(response);
    if (quota !== undefined) limits.set(host, { host, ...quota, observedAt: clock.now() });
    for (const text of parseWarnings(headerOf(response, 'warning'))) warn(`${host}: ${text}`);
  };
  return {
    wrap: (next) => async (request) => {
      const response = await next(request);
      note(response);
      return response;
    },
    warn,
    rateLimits: () => [...limits.values()],
    warnings: () => [...warnings],
  };
}

type Quota = Omit<RateLimit, 'host' | 'observedAt'>;

/**
 * A quota in any of the shapes registries send: Docker Hub's `ratelimit-limit: 100;w=21600`, GitHub's
 * `x-ratelimit-*`, and the structured `RateLimit: "default";r=50` with `RateLimit-Policy: "default";q=100;w=60`
 * (draft-ietf-httpapi-ratelimit-headers). Undefined where no remaining number is told.
 */
export function parseRateLimit(response: Pick<HttpResponse, 'headers'>): Quota | undefined {
  const read = (name: string): string => headerOf(response, name) ?? '';
  const limit = read('ratelimit-limit') || read('x-ratelimit-limit') || read('ratelimit-policy');
  const remaining =
    leadingNumber(read('ratelimit-remaining') || read('x-ratelimit-remaining')) ??
    parameter(read('ratelimit'), 'r') ??
    parameter(read('ratelimit'), 'remaining');
  if (remaining === undefined) return undefined;
  return {
    limit: leadingNumber(limit) ?? parameter(limit, 'q') ?? parameter(read('ratelimit'), 'limit'),
    remaining,
    windowSeconds: parameter(read('ratelimit-remaining'), 'w') ?? parameter(limit, 'w'),
    countedFor: read('docker-ratelimit-source').slice(0, 100) || undefined,
  };
}

function leadingNumber(text: string): number | undefined {
  const match = /^\s*(\d{1,12})\b/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

function parameter(text: string, name: string): number | undefined {
  const match = new RegExp(`(?:^|[;,\\s])${name}=(\\d{1,12})\\b`).exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** The texts of `Warning: 299 - "…"`. Source: RFC 7234 §5.5; OCI distribution spec 1.1, "Warnings". */
export function parseWarnings(value: string | undefined): readonly string[] {
  const texts: string[] = [];
  for (const match of (value ?? '').matchAll(/\b299\s+\S+\s+"((?:[^"\\]|\\.)*)"/g)) {
    texts.push((match[1] ?? '').replace(/\\(.)/g, '$1'));
  }
  return texts;
}
