import { type Digest, digestAlgorithm, parseDigest } from '../reference/digest.ts';
import { LedgerError } from './errors.ts';

/** A digest as both databases keep it: the raw bytes, whose number tells the algorithm (32 or 64). */
export function digestToBytes(digest: Digest): Uint8Array {
  return Buffer.from(digest.slice(digest.indexOf(':') + 1), 'hex');
}

/** @throws LedgerError `LEDGER_DAMAGED` where the bytes are no digest */
export function digestFromBytes(bytes: unknown): Digest {
  if (bytes instanceof Uint8Array && (bytes.length === 32 || bytes.length === 64)) {
    const algorithm: ReturnType<typeof digestAlgorithm> = bytes.length === 32 ? 'sha256' : 'sha512';
    return parseDigest(`${algorithm}:${Buffer.from(bytes).toString('hex')}`);
  }
  throw new LedgerError('LEDGER_DAMAGED', 'the ledger holds a digest that is none');
}
