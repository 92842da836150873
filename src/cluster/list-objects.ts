import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { bodyOf, invalid, reasonOf, refused, sendApiRequest, unreachable } from './api-request.ts';
import { ClusterError } from './errors.ts';
import { isForeignObject, objectAt, textAt } from './foreign-value.ts';
import { JsonSplitter } from './json-splitter.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** Objects asked for at once: what kubectl and client-go use; 5 KiB each make pages of some 2.5 MB. */
const pageSize = 500;

/** Bytes of one page, unpacked: 500 objects at etcd's limit of 1.5 MiB. */
const pageBytesMax = 800 * 1024 * 1024;

/** Pages of one list: 50 million objects. */
const pagesMax = 100_000;

/** Longest silence of a server that is asked for a page. */
const idleTimeoutMs = 120_000;

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
  const { path, labelSelector, fieldSelector, signal } = options;
  const query = { limit: String(pageSize), labelSelector, fieldSelector, continue: next };
  for (let attempt = 1; ; attempt += 1) {
    const answer = await sendApiRequest(access, {
      method: 'GET',
      verb: 'list',
      path,
      query,
      idleTimeoutMs,
      signal,
    });
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
    if (status !== 200) throw await refused(access, { verb: 'list', path }, answer);
    return takePage(access, options, answer);
  }
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

function retryAfterMs(answer: IncomingMessage): number {
  const seconds = Number(answer.headers['retry-after'] ?? '1');
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, retryAfterMaxMs) : 1000;
}
