import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { describeError } from '../errors.ts';
import { ClusterError } from './errors.ts';
import { cleanText, isForeignObject, objectAt, textAt } from './foreign-value.ts';
import { JsonSplitter } from './json-splitter.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** Objects asked for at once: what kubectl and client-go use; 5 KiB each make pages of some 2.5 MB. */
const pageSize = 500;

/** Bytes of one page, unpacked: 500 objects at etcd's limit of 1.5 MiB. */
const pageBytesMax = 800 * 1024 * 1024;

/** Pages of one list: 50 million objects. */
const pagesMax = 100_000;

/** From the question to the last byte of a page. */
const pageTimeoutMs = 120_000;

/** Times a list begins again because its continue token expired (the server keeps it about five minutes). */
const restartsMax = 3;

/** Times a page is asked for where the server is busy or the connection breaks. */
const attemptsMax = 4;

/** Longest wait a busy server may ask for; Kubernetes says one second. */
const retryAfterMaxMs = 10_000;

export type ListOptions = {
  /** e.g. `/api/v1/pods`. */
  readonly path: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly signal?: AbortSignal;
  /** Takes each object with the kind of its list; nothing keeps them otherwise. */
  readonly take: (object: unknown, listKind: string) => void;
  /** The list begins again: what was taken does not count. */
  readonly restart: () => void;
};

/**
 * Lists objects page by page, each object by itself, so that memory does not grow with the cluster.
 * @throws ClusterError `CLUSTER_UNREACHABLE`, `CLUSTER_UNAUTHORIZED`, `CLUSTER_FORBIDDEN`, `CLUSTER_ANSWER_INVALID`
 */
export async function listObjects(access: ClusterAccess, options: ListOptions): Promise<void> {
  let next: string | undefined;
  let restarts = 0;
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const page = await readPage(access, options, next);
    if (page.kind === 'expired') {
      restarts += 1;
      if (restarts > restartsMax)
        throw invalid(access, options.path, 'its pages expire faster than they are read');
      options.restart();
      next = undefined;
    } else if (page.next === undefined) return;
    else if (page.next === next)
      throw invalid(access, options.path, 'it gives the same page again and again');
    else next = page.next;
  }
  throw invalid(access, options.path, `it has more than ${pagesMax} pages`);
}

type Page = { readonly kind: 'page'; readonly next: string | undefined } | { readonly kind: 'expired' };

async function readPage(
  access: ClusterAccess,
  options: ListOptions,
  next: string | undefined,
): Promise<Page> {
  const url = new URL(access.server);
  url.pathname = url.pathname.replace(/\/$/, '') + options.path;
  url.searchParams.set('limit', String(pageSize));
  if (options.labelSelector !== undefined) url.searchParams.set('labelSelector', options.labelSelector);
  if (options.fieldSelector !== undefined) url.searchParams.set('fieldSelector', options.fieldSelector);
  if (next !== undefined) url.searchParams.set('continue', next);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(access, url, options);
    const status = answer.statusCode ?? 0;
    if ((status === 429 || status === 503) && attempt < attemptsMax) {
      answer.destroy();
      await delay(
        retryAfterMs(answer),
        undefined,
        options.signal === undefined ? {} : { signal: options.signal },
      );
      continue;
    }
    if (status === 410) {
      answer.destroy();
      return { kind: 'expired' };
    }
    if (status !== 200) throw await refused(access, options, answer);
    return takePage(access, options, answer);
  }
}

async function ask(access: ClusterAccess, url: URL, options: ListOptions): Promise<IncomingMessage> {
  const prepared = await access.requestOptions();
  const limit = AbortSignal.timeout(pageTimeoutMs);
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = {
    ...(Array.isArray(prepared.headers) ? {} : (prepared.headers as OutgoingHttpHeaders | undefined)),
    accept: 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': 'holdfast',
  };
  return new Promise((resolve, reject) => {
    const request = send(url, { ...prepared, headers, signal }, resolve);
    request.on('error', (cause) => {
      if (options.signal?.aborted === true) reject(cause);
      else reject(unreachable(access, limit.aborted ? 'no whole answer in time' : reasonOf(cause), cause));
    });
    request.end();
  });
}

async function takePage(access: ClusterAccess, options: ListOptions, answer: IncomingMessage): Promise<Page> {
  const splitter = new JsonSplitter();
  let envelope: unknown;
  let bytes = 0;
  const take = (parts: ReturnType<JsonSplitter['push']>): void => {
    for (const part of parts) {
      if (part.kind === 'item') options.take(part.value, part.listKind);
      else if (part.kind === 'document') envelope = part.value;
    }
  };
  try {
    for await (const chunk of bodyOf(answer)) {
      options.signal?.throwIfAborted();
      bytes += chunk.length;
      if (bytes > pageBytesMax)
        throw invalid(access, options.path, `a page has more than ${pageBytesMax} bytes`);
      take(splitter.push(chunk));
    }
    take(splitter.end());
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof ClusterError && cause.code === 'SNAPSHOT_UNREADABLE') {
      throw invalid(access, options.path, `it answers no list: ${cause.message}`);
    }
    throw cause instanceof ClusterError ? cause : unreachable(access, reasonOf(cause), cause);
  }
  if (!isForeignObject(envelope) || !(textAt(envelope, 'kind') ?? '').endsWith('List')) {
    throw invalid(access, options.path, 'it answers no list');
  }
  return { kind: 'page', next: textAt(objectAt(envelope, 'metadata'), 'continue') };
}

async function* bodyOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  const isPacked = answer.headers['content-encoding'] === 'gzip';
  const body = isPacked ? answer.pipe(createGunzip()) : answer;
  if (isPacked) answer.on('error', (error) => body.destroy(error));
  for await (const chunk of body) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}

/** The server's own sentence in an error's body (`Status.message`), a little of anything else. */
async function refused(
  access: ClusterAccess,
  options: ListOptions,
  answer: IncomingMessage,
): Promise<ClusterError> {
  const said = await sayingOf(answer);
  const what = `${access.server.host} (context ${access.context})`;
  if (answer.statusCode === 401) {
    return new ClusterError('CLUSTER_UNAUTHORIZED', `${what} does not know who asks: ${said}`, {
      hint: 'log in again: the credential of this context is missing, wrong or expired',
    });
  }
  if (answer.statusCode === 403) {
    return new ClusterError('CLUSTER_FORBIDDEN', `${what} forbids to list ${options.path}: ${said}`, {
      hint: 'ask for one namespace with -n NAMESPACE, or for the right to list: kubectl auth can-i --list',
    });
  }
  return invalid(access, options.path, `status ${answer.statusCode ?? 0}: ${said}`);
}

async function sayingOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(answer)) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes > 64 * 1024) break;
  }
  const text = Buffer.concat(pieces).toString('utf8');
  try {
    const status: unknown = JSON.parse(text);
    return (isForeignObject(status) ? textAt(status, 'message') : undefined) ?? 'no reason given';
  } catch {
    return cleanText(text).slice(0, 120) || 'no reason given';
  }
}

function retryAfterMs(answer: IncomingMessage): number {
  const seconds = Number(answer.headers['retry-after'] ?? '1');
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, retryAfterMaxMs) : 1000;
}

function unreachable(access: ClusterAccess, why: string, cause: unknown): ClusterError {
  return new ClusterError(
    'CLUSTER_UNREACHABLE',
    `cannot reach ${access.server.host} (context ${access.context}): ${why}`,
    {
      hint: hintOn(cause),
      retryable: true,
      cause,
    },
  );
}

/** Where several addresses were tried, Node's error has a code and no message. */
function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return describeError(cause) || code || 'the connection broke';
}

function hintOn(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return 'the certificate of the server does not fit the kubeconfig: fetch the kubeconfig again';
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name has no address here: is the VPN up?';
  return 'is the cluster up, and is this the right context? try: kubectl cluster-info';
}

function invalid(access: ClusterAccess, path: string, why: string): ClusterError {
  return new ClusterError('CLUSTER_ANSWER_INVALID', `${access.server.host}${path}: ${why}`, {
    hint: 'is this address a Kubernetes API server, or a page before it? try: kubectl get --raw /version',
  });
}
