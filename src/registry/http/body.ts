import { RegistryError } from '../errors.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf } from './http.ts';

export type BodyLimits = { readonly bytesMax: number; readonly timeoutMs: number };

/**
 * The whole of a small body. Refused before reading where its length is announced above the limit, and in
 * the middle where it goes on above it or drips too slowly.
 * @throws RegistryError `TOO_LARGE`, `TIMEOUT`, `NOT_A_REGISTRY` for a compressed body
 */
export async function readBody(
  request: HttpRequest,
  response: HttpResponse,
  limits: BodyLimits,
): Promise<Uint8Array> {
  refuseEncoded(request, response);
  if (Number(headerOf(response, 'content-length') ?? 0) > limits.bytesMax) {
    response.body.discard();
    throw tooLarge(request, limits.bytesMax);
  }
  const endDrip = (): void => response.body.discard(tooSlow(request, limits.timeoutMs));
  const timer = setTimeout(endDrip, limits.timeoutMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > limits.bytesMax) throw tooLarge(request, limits.bytesMax);
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}

/**
 * We ask for `identity`: a digest is of the bytes as stored, and a bomb is not unpacked. Whoever compresses
 * all the same is no registry, or a proxy that changes what passes.
 */
export function refuseEncoded(request: HttpRequest, response: HttpResponse): void {
  const encoding = headerOf(response, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return;
  response.body.discard();
  throw new RegistryError(
    'NOT_A_REGISTRY',
    `${request.about}: ${hostOf(response.url)} compressed its answer (${encoding.slice(0, 40)}) though asked not to`,
    { hint: 'a proxy may do that: have it leave answers under /v2/ alone' },
  );
}

function tooLarge(request: HttpRequest, bytesMax: number): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `${request.about}: ${hostOf(request.url)} answered more than ${bytesMax} bytes`,
    { hint: 'no registry needs that many here: look at what answers there with curl' },
  );
}

function tooSlow(request: HttpRequest, timeoutMs: number): RegistryError {
  return new RegistryError(
    'TIMEOUT',
    `${request.about}: ${hostOf(request.url)} took more than ${timeoutMs / 1000} s for one document`,
    { hint: 'try again later; check the network on the way', retryable: true },
  );
}
