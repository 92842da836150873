import { gzipSync } from 'node:zlib';
import type { Clock } from '../clock.ts';
import { mediaTypes } from '../oci/media-type.ts';
import { digestOf } from '../reference/digest.ts';
import type { Answer, Headers } from './answer.ts';
import { emptyAnswer, errorAnswer, jsonAnswer } from './answer.ts';
import { absoluteUrl, type Exchange } from './exchange.ts';
import type { Fault, FaultOf, RetryAfter } from './fault.ts';

/** The answer a fault gives instead of the right one, where it is of that sort. */
export function answerInstead(exchange: Exchange, clock: Clock): Answer | undefined {
  for (const fault of exchange.faults.all) {
    const answer = insteadOf(fault, exchange, clock);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function insteadOf(fault: Fault, exchange: Exchange, clock: Clock): Answer | undefined {
  if (!isOneOf(fault, insteadKinds)) return undefined;
  const { path, prefix, query } = exchange;
  switch (fault.kind) {
    case 'status':
      return statusAnswer(fault, clock);
    case 'close':
      return { status: 500, headers: {}, delivery: { kind: 'close' } };
    case 'head-unsupported':
      return errorAnswer('UNSUPPORTED', undefined, { allow: 'GET' });
    case 'redirect':
      return emptyAnswer(fault.status ?? 307, { location: fault.url });
    case 'redirect-origin':
      return emptyAnswer(fault.status ?? 307, { location: fault.origin + prefix + withQuery(path, query) });
    case 'redirect-loop': {
      const next = new URLSearchParams(query);
      next.set('hop', String(Number(query.get('hop') ?? 0) + 1));
      return emptyAnswer(307, { location: absoluteUrl(exchange, withQuery(path, next)) });
    }
  }
}

const insteadKinds = {
  status: true,
  close: true,
  'head-unsupported': true,
  redirect: true,
  'redirect-origin': true,
  'redirect-loop': true,
} as const;

/** The right answer, changed by the fault where it is of that sort. */
export function spoilAnswer(answer: Answer, fault: Fault, clock: Clock): Answer {
  if (!isOneOf(fault, spoilKinds)) return answer;
  const isGood = answer.status >= 200 && answer.status < 300;
  switch (fault.kind) {
    case 'body':
      return withBody(answer, fault.body, fault.contentType ?? 'text/plain; charset=utf-8');
    case 'empty-body':
      return { ...answer, body: new Uint8Array(0) };
    case 'html-body':
      return withBody(answer, htmlPage, 'text/html; charset=utf-8');
    case 'schema1':
      return withBody(answer, schema1Manifest, mediaTypes.dockerSchema1Signed);
    case 'corrupt-body':
      return isGood && answer.body instanceof Uint8Array
        ? { ...answer, body: flipByte(answer.body) }
        : answer;
    case 'gzip-bomb':
      return {
        ...answer,
        headers: { ...answer.headers, 'content-encoding': 'gzip' },
        body: gzipOfSpaces(fault.unpackedBytes),
      };
    case 'endless-body':
      return { ...answer, body: endless() };
    case 'cut-body':
      return { ...answer, delivery: { kind: 'cut', afterBytes: fault.afterBytes } };
    case 'stall':
      return { ...answer, delivery: fault };
    case 'drip':
      return { ...answer, delivery: fault };
    case 'omit-header':
      return { ...answer, omitted: [...(answer.omitted ?? []), fault.name.toLowerCase()] };
    case 'set-header':
      return { ...answer, headers: { ...answer.headers, [fault.name.toLowerCase()]: fault.value } };
    case 'huge-header':
      return { ...answer, headers: { ...answer.headers, 'x-padding': 'x'.repeat(fault.bytes) } };
    case 'wrong-digest':
      return isGood
        ? { ...answer, headers: { ...answer.headers, 'docker-content-digest': digestOfNothing } }
        : answer;
    case 'skew-date': {
      const date = new Date(clock.now() + fault.seconds * 1000).toUTCString();
      return { ...answer, headers: { ...answer.headers, date } };
    }
  }
}

const spoilKinds = {
  body: true,
  'empty-body': true,
  'html-body': true,
  schema1: true,
  'corrupt-body': true,
  'gzip-bomb': true,
  'endless-body': true,
  'cut-body': true,
  stall: true,
  drip: true,
  'omit-header': true,
  'set-header': true,
  'huge-header': true,
  'wrong-digest': true,
  'skew-date': true,
} as const;

/** Narrows to the kinds named, so that a switch over them is checked to be whole. */
function isOneOf<Kind extends Fault['kind']>(
  fault: Fault,
  kinds: Readonly<Record<Kind, true>>,
): fault is FaultOf<Kind> {
  return fault.kind in kinds;
}

/** The value of a Retry-After header, in the form asked for. */
export function retryAfterHeader(retryAfter: RetryAfter | undefined, clock: Clock): Headers {
  if (retryAfter === undefined) return {};
  switch (retryAfter.form) {
    case 'seconds':
      return { 'retry-after': String(retryAfter.seconds) };
    case 'http-date':
      return { 'retry-after': new Date(clock.now() + retryAfter.seconds * 1000).toUTCString() };
    case 'epoch':
      return { 'retry-after': String(Math.floor(clock.now() / 1000) + retryAfter.seconds) };
    case 'text':
      return { 'retry-after': retryAfter.text };
  }
}

const digestOfNothing = digestOf(new Uint8Array(0));

/** A piece of an endless body, or of a long one made of spaces. */
const pieceBytes = 64 * 1024;

const htmlPage =
  '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to the network</h1></body></html>\n';

const schema1Manifest = JSON.stringify({
  schemaVersion: 1,
  name: 'library/old',
  tag: 'latest',
  architecture: 'amd64',
  fsLayers: [{ blobSum: digestOfNothing }],
  history: [{ v1Compatibility: '{"id":"old"}' }],
  signatures: [{ header: { alg: 'ES256' }, signature: '', protected: '' }],
});

const codesByStatus: Readonly<Record<number, string>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NAME_UNKNOWN',
  405: 'UNSUPPORTED',
  429: 'TOOMANYREQUESTS',
};

function statusAnswer(fault: FaultOf<'status'>, clock: Clock): Answer {
  const headers = { ...retryAfterHeader(fault.retryAfter, clock), ...fault.headers };
  if (fault.body !== undefined) {
    return {
      status: fault.status,
      headers: { 'content-type': 'text/plain', ...headers },
      body: Buffer.from(fault.body),
    };
  }
  const code = fault.code ?? codesByStatus[fault.status] ?? 'UNKNOWN';
  const message = fault.message ?? 'this answer was asked for';
  return jsonAnswer(fault.status, { errors: [{ code, message }] }, headers);
}

function withBody(answer: Answer, body: string, contentType: string): Answer {
  return {
    ...answer,
    status: 200,
    headers: { ...answer.headers, 'content-type': contentType },
    body: Buffer.from(body),
  };
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function flipByte(body: Uint8Array): Uint8Array {
  const flipped = Uint8Array.from(body);
  const middle = Math.floor(flipped.length / 2);
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  return flipped;
}

/** Many gzip members, each a mebibyte of spaces in a kilobyte: unpacked they are one body (RFC 1952 section 2.2). */
function* gzipOfSpaces(unpackedBytes: number): Iterable<Uint8Array> {
  const memberBytes = 1024 * 1024;
  const member = gzipSync(Buffer.alloc(memberBytes, ' '));
  for (let sent = 0; sent < unpackedBytes; sent += memberBytes) yield member;
}

function* endless(): Iterable<Uint8Array> {
  const piece = Buffer.alloc(pieceBytes, 'x');
  for (;;) yield piece;
}
