import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { apiVersionOf, type FakeKind, findKind } from './fake-kinds.ts';
import type { FakeApiOptions, FakeUser } from './fake-options.ts';
import { FakeRefusal, refuse } from './fake-refusal.ts';
import type { FakeMetadata, FakeObject, FakePlace, FakeStore } from './fake-store.ts';
import { type FakeWatch, startWatch } from './fake-watch.ts';

export type FakeParts = {
  readonly options: FakeApiOptions;
  readonly store: FakeStore;
  /** Told of every watch that begins, with the answer that it is. */
  readonly addWatch: (watch: FakeWatch, response: ServerResponse) => void;
  /** By continue token: the rest of a list as it was when its first page was read. */
  readonly pages: Map<string, readonly FakeObject[]>;
};

type Question = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly kind: FakeKind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly part: 'object' | 'status' | 'token';
};

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

export async function answerRequest(
  parts: FakeParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const user = authenticate(parts.options, request);
    const question = readQuestion(parts.options, request, response);
    authorize(parts.options, question, user);
    if (request.method === 'GET' && question.name === undefined) return answerMany(parts, question);
    const [status, body] = await answerOne(parts.store, question);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  } catch (error) {
    if (error instanceof FakeRefusal) refuse(response, error.status, error.reason, error.message);
    else refuse(response, 400, 'BadRequest', String(error));
  }
}

function authenticate({ token, users = {} }: FakeApiOptions, request: IncomingMessage): FakeUser | undefined {
  if (token === undefined && Object.keys(users).length === 0) return undefined;
  const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (sent === token) return undefined;
  const user = users[sent];
  if (user === undefined) throw new FakeRefusal(401, 'Unauthorized', 'Unauthorized');
  return user;
}

function readQuestion(options: FakeApiOptions, request: IncomingMessage, response: ServerResponse): Question {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
  const form =
    /^\/(?:api|apis\/([^/]+))\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+?))?(?:\/(status|token))?$/;
  const [, group = '', namespace, plural = '', name, status] = form.exec(pathname) ?? [];
  const kind = findKind(plural, group);
  if (
    kind === undefined ||
    options.objects[plural] === undefined ||
    (status === 'status' && !kind.hasStatus) ||
    (status === 'token' && kind.kind !== 'ServiceAccount')
  ) {
    throw new FakeRefusal(404, 'NotFound', 'the server could not find the requested resource');
  }
  const part = status === 'status' || status === 'token' ? status : 'object';
  return { request, response, query: searchParams, kind, namespace, name, part };
}

function authorize({ forbidden = [] }: FakeApiOptions, question: Question, user: FakeUser | undefined): void {
  const { kind, namespace, name, part, query, request } = question;
  const { plural, group } = kind;
  const many = isWatch(query) ? 'watch' : 'list';
  const verb = request.method === 'GET' && name === undefined ? many : (verbs[request.method ?? ''] ?? '');
  const isHidden = verb === 'list' && namespace === undefined && forbidden.includes(plural);
  const resource = part === 'object' ? plural : `${plural}/${part}`;
  const isAllowed = user?.rules.some(
    (rule) =>
      rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  );
  if (!isHidden && isAllowed !== false) return;
  const who = `User ${JSON.stringify(user?.name ?? 'jane')} cannot ${verb} resource ${JSON.stringify(resource)}`;
  const where =
    namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `${plural}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${JSON.stringify(name)}`}`;
  const message = `${what} is forbidden: ${who} in API group ${JSON.stringify(group)} ${where}`;
  throw new FakeRefusal(403, 'Forbidden', message);
}

function answerMany(parts: FakeParts, question: Question): void {
  const { kind, namespace, query, request, response } = question;
  const isChosen = (object: FakeObject) => isSelected(object, namespace, query);
  if (!isWatch(query)) return sendPage(parts, question, isChosen);
  parts.addWatch(
    startWatch(parts.store, { kind, query, isChosen, shapeOf: shapeOf(request) }, response),
    response,
  );
}

function sendPage(
  { options, store, pages }: FakeParts,
  { request, response, query, kind, namespace }: Question,
  isChosen: (object: FakeObject) => boolean,
): void {
  const token = query.get('continue');
  const rest = token === null ? store.list(kind, namespace).filter(isChosen) : pages.get(token);
  if (rest === undefined) {
    throw new FakeRefusal(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list',
    );
  }
  const limit = Math.min(Number(query.get('limit') ?? rest.length), options.pageSizeMax ?? 500);
  const version = token?.split('.')[0] ?? String(store.version);
  const next = rest.length > limit ? `${version}.${pages.size}` : undefined;
  if (next !== undefined) pages.set(next, rest.slice(limit));
  const metadata = { resourceVersion: version, ...(next === undefined ? {} : { continue: next }) };
  // As the real server: items of a built-in kind carry neither kind nor apiVersion.
  const shape = shapeOf(request);
  const items = rest
    .slice(0, limit)
    .map((object) => ({ ...shape(object), kind: undefined, apiVersion: undefined }));
  const list = {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata,
    // As the real server: a list of metadata alone has no items where it is empty.
    items: isPartial(request) && items.length === 0 ? null : items,
  };
  const body = Buffer.from(JSON.stringify(list));
  const isPacked = String(request.headers['accept-encoding'] ?? '').includes('gzip');
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(isPacked ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(isPacked ? gzipSync(body) : body);
}

async function answerOne(store: FakeStore, question: Question): Promise<readonly [number, object]> {
  const { request, kind, namespace, name = '', part } = question;
  const place: FakePlace = { kind, namespace, name };
  if (part === 'token') {
    if (request.method === 'POST')
      return [201, issueToken(store.get(place), (await json(request)) as TokenRequest)];
    throw new FakeRefusal(405, 'MethodNotAllowed', 'the server does not allow this method');
  }
  switch (request.method ?? '') {
    case 'GET':
      return [200, store.get(place)];
    case 'POST':
      return [201, store.create(kind, namespace, (await json(request)) as FakeObject)];
    case 'PUT':
      return [200, store.replace(place, (await json(request)) as FakeObject, part)];
    case 'PATCH':
      return [200, store.mergePatch(place, await readMergePatch(request), part)];
    case 'DELETE':
      return [200, store.remove(place, await readPrecondition(request))];
    default:
      throw new FakeRefusal(405, 'MethodNotAllowed', 'the server does not allow this method');
  }
}

async function readMergePatch(request: IncomingMessage): Promise<unknown> {
  if (request.headers['content-type'] === 'application/merge-patch+json') return json(request);
  const message =
    'the body of the request was in an unknown format: the fake takes application/merge-patch+json';
  throw new FakeRefusal(415, 'UnsupportedMediaType', message);
}

async function readPrecondition(request: IncomingMessage): Promise<string | undefined> {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
    return undefined;
  }
  const options = (await json(request)) as { readonly preconditions?: FakeMetadata };
  return options.preconditions?.resourceVersion;
}

/** Whole, or its metadata alone where the client asks for that. */
function shapeOf(request: IncomingMessage): (object: FakeObject) => FakeObject {
  if (!isPartial(request)) return (object) => object;
  return ({ metadata }) => ({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
  });
}

function isPartial(request: IncomingMessage): boolean {
  return /;as=PartialObjectMetadata/.test(request.headers.accept ?? '');
}

type TokenRequest = { readonly spec?: { readonly audiences?: readonly string[] } };

/** Signed by nobody: who reads it looks at its claims alone. */
function issueToken({ metadata }: FakeObject, { spec = {} }: TokenRequest): object {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const sub = `system:serviceaccount:${metadata.namespace}:${metadata.name}`;
  const token = `${encode({ alg: 'none' })}.${encode({ sub, aud: spec.audiences })}.unsigned`;
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata, spec, status: { token } };
}

function isWatch(query: URLSearchParams): boolean {
  return query.get('watch') === 'true' || query.get('watch') === '1';
}

function isSelected(object: FakeObject, namespace: string | undefined, query: URLSearchParams): boolean {
  const { metadata } = object;
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  const labels = query.get('labelSelector')?.split(',') ?? [];
  const fields = query.get('fieldSelector')?.split(',') ?? [];
  return labels.every((one) => hasLabel(metadata, one)) && fields.every((one) => hasField(object, one));
}

function hasLabel({ labels = {} }: FakeMetadata, equation: string): boolean {
  const [key = '', value] = equation.split('=');
  return labels[key] === value;
}

function hasField({ metadata, ...rest }: FakeObject, term: string): boolean {
  if (term.startsWith('metadata.name=')) return term.endsWith(`=${metadata.name}`);
  if (term.startsWith('type!=')) return (rest as { type?: string }).type !== term.slice('type!='.length);
  return true;
}
