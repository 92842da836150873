import { RegistryError } from '../errors.ts';
import type { RegistryLimits } from '../limits.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf, type Send, tlsForOtherHost } from './http.ts';

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects of GET and HEAD: at most so many, never in a circle, never from TLS to plain HTTP, never
 * into a network further inside than the one that sent us (unless allowed). To another origin go neither
 * `Authorization` nor the client certificate. Source: OCI distribution spec 1.1, "Pulling blobs".
 */
export function withRedirects(next: Send, limits: RegistryLimits, allowsInnerAddresses: boolean): Send {
  return async (request) => {
    const visited = new Set<string>([request.url.href]);
    let current = request;
    for (;;) {
      const answer = await next(current);
      const location = redirectTarget(current, answer);
      if (location === undefined) return answer;
      answer.body.discard();
      refuse(current, location, visited, limits);
      visited.add(location.href);
      current = follow(current, location, answer, allowsInnerAddresses);
    }
  };
}

function redirectTarget(request: HttpRequest, answer: HttpResponse): URL | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  if (!redirectStatuses.has(answer.status)) return undefined;
  const location = headerOf(answer, 'location');
  if (location === undefined || !URL.canParse(location, request.url.href)) {
    throw refusal(request, `answered ${answer.status} without saying where to go`);
  }
  return new URL(location, request.url);
}

function refuse(
  request: HttpRequest,
  location: URL,
  visited: ReadonlySet<string>,
  limits: RegistryLimits,
): void {
  if (location.protocol !== 'https:' && location.protocol !== 'http:') {
    throw refusal(request, `redirects to ${location.protocol}, which is not HTTP`);
  }
  if (request.url.protocol === 'https:' && location.protocol === 'http:') {
    throw refusal(request, `redirects from TLS to plain HTTP on ${hostOf(location)}`);
  }
  if (visited.has(location.href)) throw refusal(request, 'redirects in a circle');
  if (visited.size > limits.redirectsMax)
    throw refusal(request, `redirects more than ${limits.redirectsMax} times`);
}

function follow(
  request: HttpRequest,
  location: URL,
  answer: HttpResponse,
  allowsInnerAddresses: boolean,
): HttpRequest {
  const rank = answer.addressRank;
  // A name's password belongs to whoever wrote it there, and is never sent.
  location.username = '';
  location.password = '';
  if (location.origin === request.url.origin) return { ...request, url: location };
  const { authorization: _, ...headers } = request.headers ?? {};
  return {
    ...request,
    url: location,
    headers,
    tls: tlsForOtherHost(request.tls),
    ...(allowsInnerAddresses ? {} : { addressRankMax: rank }),
  };
}

function refusal(request: HttpRequest, says: string): RegistryError {
  return new RegistryError('REDIRECT_REFUSED', `${request.about}: ${hostOf(request.url)} ${says}`, {
    hint: 'this is for whoever runs the registry, or the proxy before it, to put right',
  });
}
