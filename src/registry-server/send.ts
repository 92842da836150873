import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Delivery } from './answer.ts';

/** Where answers go, and what tells that nobody listens any more. */
export type Wire = { readonly response: ServerResponse; readonly gone: AbortSignal };

/**
 * Puts an answer on the wire, as well or as badly as it says. Returns when it is sent or the client is gone.
 */
export async function send(answer: Answer, method: string, wire: Wire): Promise<void> {
  const { response } = wire;
  const { body = new Uint8Array(0), delivery } = answer;
  if (delivery?.kind === 'close') {
    response.destroy();
    return;
  }
  const isWhole = body instanceof Uint8Array;
  const hasNoBody = method === 'HEAD' || answer.status === 204 || answer.status === 304;
  if (answer.omitted?.includes('date') === true) response.sendDate = false;
  response.writeHead(answer.status, headersOf(answer, isWhole ? body.length : undefined));
  if (hasNoBody) response.end();
  else if (isWhole && delivery === undefined) response.end(body);
  else await sendPieces(isWhole ? [body] : body, delivery, wire);
}

async function sendPieces(
  body: Iterable<Uint8Array>,
  delivery: Exclude<Delivery, { kind: 'close' }> | undefined,
  { response, gone }: Wire,
): Promise<void> {
  const pieces = delivery?.kind === 'drip' ? split(body, delivery.chunkBytes) : body;
  let left =
    delivery?.kind === 'cut' || delivery?.kind === 'stall' ? delivery.afterBytes : Number.POSITIVE_INFINITY;
  response.flushHeaders();
  for (const piece of pieces) {
    if (left <= 0 || gone.aborted) break;
    await write(response, piece.subarray(0, left), gone);
    left -= piece.length;
    if (delivery?.kind === 'drip') {
      await pause(delivery.intervalMs, undefined, { signal: gone }).catch(() => undefined);
    }
  }
  if (delivery?.kind === 'stall') return;
  if (delivery?.kind === 'cut') response.socket?.destroySoon();
  else response.end();
}

/** Waits until the bytes have left, so that a slow client holds back an endless body. */
function write(response: ServerResponse, piece: Uint8Array, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gone.removeEventListener('abort', done);
      resolve();
    };
    gone.addEventListener('abort', done, { once: true });
    response.write(piece, done);
  });
}

function* split(body: Iterable<Uint8Array>, bytes: number): Iterable<Uint8Array> {
  for (const piece of body) {
    for (let at = 0; at < piece.length; at += bytes) yield piece.subarray(at, at + bytes);
  }
}

/** Content-Length of a HEAD is that of the GET; a 204 has none. Source: RFC 9110 section 8.6. */
function headersOf(answer: Answer, length: number | undefined): Record<string, string | string[]> {
  const own = length === undefined || answer.status === 204 ? {} : { 'content-length': String(length) };
  const entries = Object.entries({ ...own, ...answer.headers })
    .filter(([name]) => answer.omitted?.includes(name) !== true)
    .map(([name, value]) => [name, typeof value === 'string' ? value : [...value]] as const);
  return Object.fromEntries(entries);
}
