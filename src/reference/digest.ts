import { createHash } from 'node:crypto';
import { ReferenceError } from './errors.ts';

declare const digestBrand: unique symbol;

/**
 * `algorithm:hex` of exact bytes, e.g. `sha256:0fc210e2…`. Made only by {@link parseDigest} and
 * {@link digestOf}. Source: OCI image spec, descriptor.md, "Digests".
 */
export type Digest = string & { readonly [digestBrand]: true };

export type DigestAlgorithm = 'sha256' | 'sha512';

const digestPattern = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** The digest, or undefined where the text is none (wrong algorithm, length or an upper-case hex digit). */
export function tryParseDigest(text: string): Digest | undefined {
  return digestPattern.test(text) ? (text as Digest) : undefined;
}

/** @throws ReferenceError `DIGEST_INVALID` */
export function parseDigest(text: string): Digest {
  const digest = tryParseDigest(text);
  if (digest === undefined) {
    throw new ReferenceError(
      'DIGEST_INVALID',
      `expected a digest, got ${JSON.stringify(text.slice(0, 160))}`,
      {
        hint: 'write it as sha256: and 64 lower-case hex digits, or sha512: and 128',
      },
    );
  }
  return digest;
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The digest of exactly these bytes. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/** Whether these bytes are the ones the digest names: the only proof there is. */
export function matchesDigest(bytes: Uint8Array, digest: Digest): boolean {
  return digestOf(bytes, digestAlgorithm(digest)) === digest;
}

/** `sha256:0fc210e2a1b3`: enough to tell two apart on a screen, as git and docker show it. */
export function shortDigest(digest: Digest): string {
  const colon = digest.indexOf(':');
  return digest.slice(0, colon + 1 + 12);
}
