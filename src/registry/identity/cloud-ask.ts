import type { TlsOptions } from '../endpoint.ts';
import { RegistryError } from '../errors.ts';
import { writtenRank } from '../http/address.ts';
import { readBody } from '../http/body.ts';
import { type HttpRequest, type HttpResponse, hostOf, type Send } from '../http/http.ts';
import type { Redactor } from '../redact.ts';
import { CloudIdentityError } from './errors.ts';
import { isForeignJson, type Json } from './foreign-json.ts';

/** A question to a cloud. What is sent is taken for secret: it is hidden from every message. */
export type CloudRequest = {
  /** As in a message: `STS AssumeRoleWithWebIdentity`. */
  readonly about: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls?: TlsOptions;
  /** What must not be told on, should the answer quote it. */
  readonly secrets?: readonly string[];
};

export type CloudAnswer = { readonly text: string; readonly header: (name: string) => string | undefined };

/**
 * Asks once, and again only where the wire or the server failed for a moment. Redirects are not followed: no cloud
 * sends any here, and what is sent is a credential.
 * @throws CloudIdentityError `IDENTITY_REFUSED` (4xx), `IDENTITY_UNANSWERED`, `IDENTITY_INVALID` for a bad address
 */
export type CloudAsk = (request: CloudRequest) => Promise<CloudAnswer>;

/** Bytes of an answer: tokens have 2 to 8 KiB. */
const answerBytesMax = 256 * 1024;
/** For a whole answer, once it begins. */
const answerTimeoutMs = 10_000;

export function makeCloudAsk(send: Send, redactor: Redactor, signal: AbortSignal): CloudAsk {
  return async (asked) => {
    refusePlain(asked);
    for (const secret of asked.secrets ?? []) redactor.addSecret(secret);
    const request = requestOf(asked, signal);
    let answer: { response: HttpResponse; text: string };
    try {
      const response = await send(request);
      const limits = { bytesMax: answerBytesMax, timeoutMs: answerTimeoutMs };
      answer = { response, text: Buffer.from(await readBody(request, response, limits)).toString('utf8') };
    } catch (cause) {
      if (!(cause instanceof RegistryError)) throw cause;
      const { hint, message } = cause;
      throw new CloudIdentityError('IDENTITY_UNANSWERED', message, {
        ...(hint === undefined ? {} : { hint }),
        retryable: true,
        cause,
      });
    }
    const { response, text } = answer;
    if (response.status >= 200 && response.status < 300) {
      return {
        text,
        header: (name) => {
          const value = response.headers[name];
          return typeof value === 'string' ? value : value?.[0];
        },
      };
    }
    throw refusalOf(asked, response.status, redactor.redact(sayingOf(text)));
  };
}

/** @throws CloudIdentityError `IDENTITY_UNANSWERED` where the answer is no JSON object */
export async function askJson(ask: CloudAsk, request: CloudRequest): Promise<Json> {
  const { text } = await ask(request);
  try {
    const value: unknown = JSON.parse(text);
    if (isForeignJson(value)) return value;
  } catch {
    // The parser's message would quote the answer, which may be a token.
  }
  throw unanswered(request, 'answered no JSON object');
}

export function unanswered({ about, url }: CloudRequest, says: string): CloudIdentityError {
  return new CloudIdentityError('IDENTITY_UNANSWERED', `${about}: ${hostOf(url)} ${says}`, {
    hint: 'does something else answer in its place?',
    retryable: true,
  });
}

/** A credential goes by TLS, or stays on this machine or its node: loopback, link-local, a private address. */
function refusePlain({ url, about }: CloudRequest): void {
  if (url.protocol === 'https:' || url.hostname === 'metadata.google.internal') return;
  const rank = url.protocol === 'http:' ? (writtenRank(url.hostname) ?? 0) : 0;
  if (rank >= 1) return;
  throw new CloudIdentityError('IDENTITY_INVALID', `${about}: ${url.protocol}//${hostOf(url)} is not safe`, {
    hint: 'an address outside of this node must begin with https://',
  });
}

function requestOf(asked: CloudRequest, signal: AbortSignal): HttpRequest {
  const { about, method, url, form, headers = {}, tls = {} } = asked;
  const body = form === undefined ? asked.body : new URLSearchParams(form).toString();
  const type = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  return {
    method,
    url,
    headers: { accept: 'application/json', ...type, ...headers },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
    about,
    tls,
    signal,
    // Each of them issues something; asking twice gives two, and does no harm.
    repeatable: true,
  };
}

function refusalOf({ about, url }: CloudRequest, status: number, says: string): CloudIdentityError {
  const text = `${about}: ${hostOf(url)} answered ${status}${says === '' ? '' : `: ${says}`}`;
  if (status >= 500 || status === 429 || status < 400) {
    return new CloudIdentityError('IDENTITY_UNANSWERED', text, { retryable: status >= 400 });
  }
  return new CloudIdentityError('IDENTITY_REFUSED', text, {
    hint: 'is this identity known there, and may it do this?',
  });
}

/** What each cloud says of an error, and where: AWS, Microsoft and OAuth, Google. XML is AWS STS's. */
function sayingOf(text: string): string {
  const xml = [...text.slice(0, 8192).matchAll(/<(Code|Message)>([^<]*)</g)].map(([, , said]) => said ?? '');
  if (xml.length > 0) return xml.join(': ');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return '';
  }
  if (!isForeignJson(value)) return '';
  const inner = isForeignJson(value['error'])
    ? value['error']
    : isForeignJson(value['Error'])
      ? value['Error']
      : value;
  const texts = ['__type', 'Code', 'status', 'error', 'message', 'Message', 'error_description']
    .map((key) => inner[key])
    .filter((one) => typeof one === 'string');
  return [...new Set(texts)].join(': ');
}
