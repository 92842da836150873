import { RegistryError, type RegistryErrorCode } from '../errors.ts';
import type { HttpRequest, Send } from './http.ts';

/** How it shows that no TLS is spoken at a port. */
const noTlsCodes: ReadonlySet<RegistryErrorCode> = new Set([
  'PLAIN_HTTP',
  'TLS_FAILED',
  'REGISTRY_UNREACHABLE',
]);

/**
 * Asks by plain HTTP where no TLS is spoken, for hosts the user called insecure, and remembers which those
 * are. Outside of authorization, so that no credential is kept for one and shown to the other.
 */
export function withPlainFallback(next: Send): Send {
  const plain = new Set<string>();
  return async (request) => {
    const { plainOrigin } = request;
    if (plainOrigin === undefined) return next(request);
    if (plain.has(plainOrigin)) return next(atOrigin(request, plainOrigin));
    try {
      return await next(request);
    } catch (error) {
      if (!(error instanceof RegistryError) || !noTlsCodes.has(error.code)) throw error;
      const response = await next(atOrigin(request, plainOrigin));
      plain.add(plainOrigin);
      return response;
    }
  };
}

function atOrigin(request: HttpRequest, origin: string): HttpRequest {
  return { ...request, url: new URL(request.url.pathname + request.url.search, origin) };
}
