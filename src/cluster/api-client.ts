import type { IncomingMessage } from 'node:http';
import { answerBytesMax, asObject, gone, parseJson, readJson, succeed } from './api-answer.ts';
import { type ApiRequest, bodyOf, invalid, reasonOf, sendApiRequest, unreachable } from './api-request.ts';
import { ClusterError } from './errors.ts';
import { isForeignObject, objectAt, textAt } from './foreign-value.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import type {
  KubernetesClient,
  KubernetesObject,
  ListRequest,
  NamespacedName,
  ResourceKind,
  WatchEvent,
  WatchRequest,
} from './kubernetes-client.ts';

/**
 * How long the server is asked to keep one watch. Bookmarks do not tell a quiet watch from a dead one: where
 * nothing happens to a kind in the whole cluster, the server sends none, seen on 1.35 for minutes. So its end of
 * the watch is the word that must come, and soon.
 */
const watchSeconds = 120;

export type RequestLimits = {
  /** Silence after which a question is given up. */
  readonly answerSilenceMs: number;
  /** Silence after which a watch is broken off: later than the server would have ended it. */
  readonly watchSilenceMs: number;
};

const requestLimits: RequestLimits = {
  answerSilenceMs: 30_000,
  watchSilenceMs: (watchSeconds + 15) * 1000,
};

/** What became of a request. */
export type ApiAnswer = {
  readonly method: ApiRequest['method'];
  /** The HTTP status; undefined where none came. */
  readonly status: number | undefined;
};

export type ClientOptions = {
  readonly limits?: RequestLimits | undefined;
  /** Told once of each request. */
  readonly onAnswer?: (answer: ApiAnswer) => void;
};

/** Objects of one page, as kubectl asks. */
const pageSize = 500;

const serviceAccountKind: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};

/** Shortest life of a token that the API server grants: it is used at once. */
const tokenSeconds = 600;

/** Between the events of a watch. */
const newline = 0x0a;

/** A client of one API server. */
export function openKubernetesClient(
  access: ClusterAccess,
  { limits = requestLimits, onAnswer = () => undefined }: ClientOptions = {},
): KubernetesClient {
  const { answerSilenceMs, watchSilenceMs } = limits;
  const send: Send = async (asked) => {
    let status: number | undefined;
    try {
      const answer = await sendApiRequest(access, asked);
      status = answer.statusCode;
      return answer;
    } finally {
      onAnswer({ method: asked.method, status });
    }
  };
  const object = async (asked: ApiRequest): Promise<KubernetesObject> =>
    asObject(
      access,
      asked.path,
      await readJson(access, asked, await succeed(access, asked, await send(asked))),
    );

  return {
    async read(kind, name, signal) {
      const asked = {
        method: 'GET',
        verb: 'get',
        path: pathOf(kind, name),
        idleTimeoutMs: answerSilenceMs,
        signal,
      } as const;
      const answer = await send(asked);
      if (answer.statusCode === 404) {
        answer.resume();
        return undefined;
      }
      const body = await readJson(access, asked, await succeed(access, asked, answer));
      return asObject(access, asked.path, body);
    },

    async list(kind, request, take) {
      for (let next: string | undefined; ; ) {
        const path = pathOf(kind, request);
        const query = { ...queryOf(request), limit: String(pageSize), continue: next };
        const asked = {
          method: 'GET',
          verb: 'list',
          path,
          query,
          accept: acceptOf(request, 'PartialObjectMetadataList'),
          idleTimeoutMs: answerSilenceMs,
          signal: request.signal,
        } as const;
        const body = await readJson(access, asked, await succeed(access, asked, await send(asked)));
        // An empty list of metadata alone comes as null from kube-apiserver, seen on 1.35.
        const items = isForeignObject(body) ? (body['items'] ?? []) : undefined;
        if (!isForeignObject(body) || !Array.isArray(items)) {
          throw invalid(access, path, 'it answers no list');
        }
        for (const item of items) take(asObject(access, path, item));
        const metadata = objectAt(body, 'metadata');
        next = textAt(metadata, 'continue');
        if (next === undefined) return { resourceVersion: textAt(metadata, 'resourceVersion') ?? '' };
      }
    },

    watch: (kind, request) => watch(access, send, { kind, request, silenceMs: watchSilenceMs }),

    create: (kind, namespace, body, signal) =>
      object({
        method: 'POST',
        verb: 'create',
        path: pathOf(kind, { namespace }),
        body,
        idleTimeoutMs: answerSilenceMs,
        signal,
      }),

    async requestToken(serviceAccount, audience, signal) {
      const path = pathOf(serviceAccountKind, serviceAccount, 'token');
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [audience], expirationSeconds: tokenSeconds },
      };
      const idleTimeoutMs = answerSilenceMs;
      const answer = await object({ method: 'POST', verb: 'create', path, body, idleTimeoutMs, signal });
      const token = objectAt(answer, 'status')['token'];
      // Not by `textAt`, which cuts: a token with many groups is long.
      if (typeof token !== 'string' || token === '') throw invalid(access, path, 'it answers no token');
      return token;
    },

    replace: (kind, body, options) =>
      object({
        method: 'PUT',
        verb: 'update',
        path: pathOf(kind, nameOf(body), options?.subresource),
        query: { fieldManager: options?.fieldManager },
        body,
        idleTimeoutMs: answerSilenceMs,
        signal: options?.signal,
      }),

    mergePatch: (kind, name, body, options) =>
      object({
        method: 'PATCH',
        verb: 'patch',
        path: pathOf(kind, name, options.subresource),
        query: { fieldManager: options.fieldManager },
        body,
        contentType: 'application/merge-patch+json',
        idleTimeoutMs: answerSilenceMs,
        signal: options.signal,
      }),

    async remove(kind, name, signal) {
      const asked = {
        method: 'DELETE',
        verb: 'delete',
        path: pathOf(kind, name),
        idleTimeoutMs: answerSilenceMs,
        signal,
      } as const;
      const answer = await send(asked);
      if (answer.statusCode !== 404) await succeed(access, asked, answer);
      answer.resume();
    },
  };
}

type Send = (asked: ApiRequest) => Promise<IncomingMessage>;

type Watched = { readonly kind: ResourceKind; readonly request: WatchRequest; readonly silenceMs: number };

async function* watch(
  access: ClusterAccess,
  send: Send,
  { kind, request, silenceMs }: Watched,
): AsyncGenerator<WatchEvent> {
  const path = pathOf(kind, request);
  const asked = {
    method: 'GET',
    verb: 'watch',
    path,
    query: {
      ...queryOf(request),
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: request.resourceVersion,
      timeoutSeconds: String(watchSeconds),
    },
    accept: acceptOf(request, 'PartialObjectMetadata'),
    idleTimeoutMs: silenceMs,
    signal: request.signal,
  } as const;
  const answer = await succeed(access, asked, await send(asked));
  try {
    for await (const line of linesOf(access, path, answer)) {
      if (line !== '') yield eventOf(access, path, line);
    }
  } catch (cause) {
    request.signal?.throwIfAborted();
    throw cause instanceof ClusterError ? cause : unreachable(access, reasonOf(cause), cause);
  } finally {
    answer.destroy();
  }
}

/** The whole lines of a body; what a broken connection left of the last one is none. */
async function* linesOf(
  access: ClusterAccess,
  path: string,
  answer: IncomingMessage,
): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyOf(answer)) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString('utf8');
      begun = [];
      bytes = 0;
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > answerBytesMax) throw invalid(access, path, `an event has more than ${answerBytesMax} bytes`);
  }
}

function eventOf(access: ClusterAccess, path: string, line: string): WatchEvent {
  const event = parseJson(access, path, line);
  const type = isForeignObject(event) ? textAt(event, 'type') : undefined;
  const object = isForeignObject(event) ? objectAt(event, 'object') : {};
  switch (type ?? '') {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return {
        type: type === 'ADDED' ? 'added' : type === 'MODIFIED' ? 'modified' : 'deleted',
        object: asObject(access, path, object),
      };
    case 'BOOKMARK':
      return {
        type: 'bookmark',
        resourceVersion: textAt(objectAt(object, 'metadata'), 'resourceVersion') ?? '',
      };
    case 'ERROR':
      throw object['code'] === 410
        ? gone(path, textAt(object, 'message'))
        : invalid(access, path, textAt(object, 'message') ?? 'the watch failed without a reason');
    default:
      throw invalid(access, path, 'it answers no watch events');
  }
}

function nameOf(object: KubernetesObject): NamespacedName {
  return {
    namespace: textAt(object.metadata, 'namespace') ?? '',
    name: textAt(object.metadata, 'name') ?? '',
  };
}

function pathOf(
  { group, version, plural }: ResourceKind,
  { namespace, name }: { readonly namespace?: string | undefined; readonly name?: string },
  subresource?: string,
): string {
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope =
    namespace === undefined || namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const rest = [name, subresource].flatMap((part) => (part === undefined ? [] : [encodeURIComponent(part)]));
  return [`${base}${scope}/${plural}`, ...rest].join('/');
}

function queryOf({
  labelSelector,
  fieldSelector,
}: ListRequest): Readonly<Record<string, string | undefined>> {
  return { labelSelector, fieldSelector };
}

/** Source: Kubernetes API concepts, "Receiving resources as Tables" and "metadata". */
function acceptOf({ metadataOnly }: ListRequest, as: string): string | undefined {
  return metadataOnly === true ? `application/json;as=${as};g=meta.k8s.io;v=v1` : undefined;
}
