import {
  Agent as HttpAgent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { createGunzip } from 'node:zlib';
import { describeError } from '../errors.ts';
import { ClusterError } from './errors.ts';
import { cleanText, isForeignObject, textAt } from './foreign-value.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** A question to the API server. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** e.g. `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Of the answer; JSON where absent. */
  readonly accept?: string | undefined;
  /** As access rules name it, e.g. `list`. */
  readonly verb: string;
  /** From the question to the first byte of the answer, and from one byte to the next. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** Longest text of an error that is read: the server's own are a few hundred bytes. */
const sayingBytesMax = 64 * 1024;

/**
 * Sends a request and answers as soon as the status is there; the body is the caller's to read.
 * @throws ClusterError `CLUSTER_UNREACHABLE`; the signal's reason
 */
export async function sendApiRequest(access: ClusterAccess, asked: ApiRequest): Promise<IncomingMessage> {
  const prepared = await access.requestOptions();
  const url = urlOf(access, asked);
  const body = asked.body === undefined ? undefined : Buffer.from(JSON.stringify(asked.body));
  const isTls = url.protocol === 'https:';
  const headers = {
    ...(Array.isArray(prepared.headers) ? {} : (prepared.headers as OutgoingHttpHeaders | undefined)),
    accept: asked.accept ?? 'application/json',
    'accept-encoding': 'gzip',
    'user-agent': 'holdfast',
    ...(body === undefined
      ? {}
      : { 'content-type': asked.contentType ?? 'application/json', 'content-length': body.length }),
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(
      url,
      {
        agent: isTls ? tlsAgent : plainAgent,
        ...prepared,
        headers,
        method: asked.method,
        ...(asked.signal === undefined ? {} : { signal: asked.signal }),
      },
      resolve,
    );
    request.setTimeout(asked.idleTimeoutMs, () => request.destroy(new Error('no answer in time')));
    request.on('error', (cause) => {
      if (asked.signal?.aborted === true) reject(asked.signal.reason);
      else reject(unreachable(access, reasonOf(cause), cause));
    });
    request.end(body);
  });
}

/** Connections are kept: a controller asks often. Node keeps those with different credentials apart by their TLS options. */
const tlsAgent = new HttpsAgent({ keepAlive: true });
const plainAgent = new HttpAgent({ keepAlive: true });

function urlOf(access: ClusterAccess, { path, query = {} }: ApiRequest): URL {
  const url = new URL(access.server);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

/** The body, unpacked. */
export async function* bodyOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  const isPacked = answer.headers['content-encoding'] === 'gzip';
  const body = isPacked ? answer.pipe(createGunzip()) : answer;
  if (isPacked) answer.on('error', (error) => body.destroy(error));
  for await (const chunk of body) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}

/** The server's own sentence in an error's body (`Status.message`), a little of anything else. */
export async function refused(
  access: ClusterAccess,
  { verb, path }: Pick<ApiRequest, 'verb' | 'path'>,
  answer: IncomingMessage,
): Promise<ClusterError> {
  const { said, isStatus } = await sayingOf(answer);
  const status = answer.statusCode ?? 0;
  const what = `${access.server.host} (context ${access.context})`;
  if (status === 401) {
    return new ClusterError('CLUSTER_UNAUTHORIZED', `${what} does not know who asks: ${said}`, {
      hint: 'log in again: the credential of this context is missing, wrong or expired',
    });
  }
  if (status === 403) {
    return new ClusterError('CLUSTER_FORBIDDEN', `${what} forbids to ${verb} ${path}: ${said}`, {
      hint:
        verb === 'list'
          ? 'ask for one namespace with -n NAMESPACE, or for the right: kubectl auth can-i --list'
          : 'ask for the right: kubectl auth can-i --list',
    });
  }
  if (status === 404 && (verb === 'list' || verb === 'watch')) {
    // A namespace that is not there has an empty list: it is the kind that is unknown.
    return new ClusterError('CLUSTER_NOT_FOUND', `${what} does not serve ${path}: ${said}`, {
      hint: 'is its CustomResourceDefinition installed? see: kubectl get crd',
    });
  }
  if (status === 404) {
    return new ClusterError('CLUSTER_NOT_FOUND', `${access.server.host}${path}: ${said}`, {
      hint: 'is it removed, its namespace gone, or its kind not installed?',
    });
  }
  if (status === 429 || status >= 500) {
    return new ClusterError('CLUSTER_UNREACHABLE', `${what} answered ${status}: ${said}`, {
      hint: 'it is busy or starting, or a server behind it is away: wait; try: kubectl get --raw /readyz',
      retryable: true,
    });
  }
  const refusal = `status ${status}: ${said}`;
  if (!isStatus) return invalid(access, path, refusal);
  return new ClusterError('CLUSTER_ANSWER_INVALID', `${access.server.host}${path}: ${refusal}`, {
    hint: 'the API server refuses what was asked: correct what it names, or use a version of it that knows this',
  });
}

/** Whether it is an API server that says so, and no page before it. */
async function sayingOf(
  answer: IncomingMessage,
): Promise<{ readonly said: string; readonly isStatus: boolean }> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(answer)) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes > sayingBytesMax) break;
  }
  const text = Buffer.concat(pieces).toString('utf8');
  try {
    const status: unknown = JSON.parse(text);
    const message = isForeignObject(status) ? textAt(status, 'message') : undefined;
    const isStatus = isForeignObject(status) && status['kind'] === 'Status';
    return { said: message ?? 'no reason given', isStatus };
  } catch {
    return { said: cleanText(text).slice(0, 120) || 'no reason given', isStatus: false };
  }
}

export function unreachable(access: ClusterAccess, why: string, cause: unknown): ClusterError {
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
export function reasonOf(cause: unknown): string {
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

export function invalid(access: ClusterAccess, path: string, why: string): ClusterError {
  return new ClusterError('CLUSTER_ANSWER_INVALID', `${access.server.host}${path}: ${why}`, {
    hint: 'is this address a Kubernetes API server, or a page before it? try: kubectl get --raw /version',
  });
}
