import type { Digest } from '../reference/digest.ts';
import { tryParseDigest } from '../reference/digest.ts';
import type { Answer } from './answer.ts';
import { emptyAnswer, errorAnswer } from './answer.ts';
import type { RepositoryContent } from './content.ts';
import { type Exchange, isRead } from './exchange.ts';

/** `/v2/<name>/blobs/<digest>`: GET with Range, HEAD, DELETE. Source: OCI distribution spec 1.1, "Pulling Blobs". */
export function answerBlob(
  exchange: Exchange,
  repository: string,
  target: string,
  content: RepositoryContent | undefined,
): Answer {
  const digest = tryParseDigest(target);
  if (digest === undefined) return errorAnswer('DIGEST_INVALID', { digest: target });
  if (content === undefined) return errorAnswer('NAME_UNKNOWN', { name: repository });
  if (exchange.method === 'DELETE') {
    return content.deleteBlob(digest) ? emptyAnswer(202) : errorAnswer('BLOB_UNKNOWN', { digest });
  }
  if (!isRead(exchange.method)) return errorAnswer('UNSUPPORTED');
  const bytes = content.findBlob(digest);
  return bytes === undefined ? errorAnswer('BLOB_UNKNOWN', { digest }) : blobAnswer(exchange, digest, bytes);
}

/** The blob, or the part of it that was asked for. */
export function blobAnswer({ headers, faults, method }: Exchange, digest: Digest, bytes: Uint8Array): Answer {
  const common = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  };
  if (faults.find('ignore-range') !== undefined) return { status: 200, headers: common, body: bytes };
  const whole = { ...common, 'accept-ranges': 'bytes' };
  const range = method === 'GET' ? parseRange(headers.range, bytes.length) : undefined;
  if (range === undefined) return { status: 200, headers: whole, body: bytes };
  if (range === 'outside') return emptyAnswer(416, { 'content-range': `bytes */${bytes.length}` });
  return {
    status: 206,
    headers: { ...whole, 'content-range': `bytes ${range.from}-${range.to}/${bytes.length}` },
    body: bytes.subarray(range.from, range.to + 1),
  };
}

type ByteRange = { readonly from: number; readonly to: number };

/** One range; several at once, or another unit, count as none. Source: RFC 9110 section 14. */
function parseRange(header: string | undefined, length: number): ByteRange | 'outside' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const to = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  if (first !== '' && last !== '' && Number(last) < from) return undefined;
  return from >= length || to < from ? 'outside' : { from, to };
}
