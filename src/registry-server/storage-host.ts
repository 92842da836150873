import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Digest } from '../reference/digest.ts';
import type { Answer } from './answer.ts';
import { emptyAnswer } from './answer.ts';
import { blobAnswer } from './blobs.ts';
import { type Exchange, isRead } from './exchange.ts';
import type { FaultOf } from './fault.ts';

type SignedUrl = {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly expiresAt: number;
  usesLeft: number;
};

/** Signed URLs remembered at most; older ones are refused as expired. */
const signaturesMax = 10_000;

/**
 * The host blobs are redirected to, as object stores are: a signature in the URL instead of credentials,
 * good for a while. Like S3 it refuses a request that brings an Authorization header as well.
 */
export class StorageHost {
  readonly #clock: Clock;
  readonly #signed = new Map<string, SignedUrl>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The digest behind a signature, for rules that match by it. */
  digestOf(signature: string): Digest | undefined {
    return this.#signed.get(signature)?.digest;
  }

  /** The redirect to a blob that the registry would have served itself. */
  redirect(
    origin: string,
    { digest, bytes }: { readonly digest: Digest; readonly bytes: Uint8Array },
    fault: FaultOf<'redirect-to-storage'>,
  ): Answer {
    const signature = randomBytes(16).toString('hex');
    const oldest = this.#signed.size < signaturesMax ? undefined : this.#signed.keys().next().value;
    if (oldest !== undefined) this.#signed.delete(oldest);
    this.#signed.set(signature, {
      digest,
      bytes,
      expiresAt: this.#clock.now() + (fault.validMs ?? Number.POSITIVE_INFINITY),
      usesLeft: fault.uses ?? Number.POSITIVE_INFINITY,
    });
    return emptyAnswer(307, { location: `${origin}/storage/${signature}`, 'docker-content-digest': digest });
  }

  answer(exchange: Exchange, signature: string): Answer {
    const signed = this.#signed.get(signature);
    if (signed === undefined || !isRead(exchange.method)) return problem(404, 'NoSuchKey', 'no such key');
    if (exchange.headers.authorization !== undefined) {
      return problem(400, 'InvalidArgument', 'Only one auth mechanism allowed');
    }
    if (signed.expiresAt <= this.#clock.now() || signed.usesLeft <= 0) {
      return problem(403, 'AccessDenied', 'Request has expired');
    }
    signed.usesLeft -= 1;
    const answer = blobAnswer(exchange, signed.digest, signed.bytes);
    // An object store knows nothing of registries: its answer has no digest header.
    const { 'docker-content-digest': _, ...headers } = answer.headers;
    return { ...answer, headers };
  }
}

/** The XML that S3 and its kin answer. */
function problem(status: number, code: string, message: string): Answer {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}
