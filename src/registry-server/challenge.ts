import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';
import { errorAnswer } from './answer.ts';
import type { Action, Actor, AuthOptions, BearerOptions } from './auth.ts';
import type { Route } from './route.ts';

/** A request as far as it matters for access. */
export type AccessRequest = {
  readonly route: Route;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Our own token endpoint, as this client reaches it. */
  readonly realm: string;
};

type GuardedOptions = Exclude<AuthOptions, { kind: 'none' }>;

/** Whether the actor may have what is asked; undefined is one whose credentials are wrong or worn out. */
export function mayPass(
  actor: Actor | undefined,
  { route, method, headers }: AccessRequest,
  options: GuardedOptions,
): boolean {
  const isGuarded = route.kind === 'ping' || route.kind === 'catalog' || 'repository' in route;
  if (!isGuarded) return true;
  if (actor === undefined) return false;
  // The ping exists to be refused: it is how a client learns where to go. Any good credential opens it.
  if (route.kind === 'ping') return headers.authorization !== undefined;
  if (route.kind === 'catalog') {
    return options.kind === 'basic' ? headers.authorization !== undefined : actor.may('pull', '');
  }
  return actor.may(actionOf(method), route.repository);
}

/** 401 with what to bring, or 403 where credentials would not help. Source: RFC 9110 section 11. */
export function challengeAnswer(
  actor: Actor | undefined,
  request: AccessRequest,
  options: GuardedOptions,
): Answer {
  const { route, method, headers } = request;
  const detail = detailOf(route, method);
  const isKnown = actor !== undefined && headers.authorization !== undefined;
  if (options.kind === 'basic' && isKnown) return errorAnswer('DENIED', detail);
  const challenge =
    options.kind === 'basic'
      ? 'Basic realm="Registry"'
      : bearerChallenge(request, options, bearerError(actor, isKnown));
  return errorAnswer('UNAUTHORIZED', detail, { 'www-authenticate': challenge });
}

/** The name the challenge gives, and the token endpoint insists on. */
export function serviceOf(options: BearerOptions): string {
  return options.service ?? 'registry';
}

/** Source: distribution's "Token Authentication Specification". */
function bearerChallenge(
  { route, method, realm }: AccessRequest,
  options: BearerOptions,
  error: string | undefined,
): string {
  const scope = scopeText(route, method);
  const parts = [
    `realm="${options.realm ?? realm}"`,
    `service="${serviceOf(options)}"`,
    ...(scope === undefined ? [] : [`scope="${scope}"`]),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ];
  return `Bearer ${parts.join(',')}`;
}

function bearerError(actor: Actor | undefined, isKnown: boolean): string | undefined {
  if (actor === undefined) return 'invalid_token';
  return isKnown ? 'insufficient_scope' : undefined;
}

/** What a request needs, as the challenge writes it. */
function scopeText(route: Route, method: string): string | undefined {
  if (route.kind === 'catalog') return 'registry:catalog:*';
  if (!('repository' in route)) return undefined;
  const action = actionOf(method);
  return `repository:${route.repository}:${action === 'push' ? 'pull,push' : action}`;
}

function actionOf(method: string): Action {
  if (method === 'GET' || method === 'HEAD') return 'pull';
  return method === 'DELETE' ? 'delete' : 'push';
}

function detailOf(route: Route, method: string): unknown {
  if (!('repository' in route)) return undefined;
  return [{ Type: 'repository', Class: '', Name: route.repository, Action: actionOf(method) }];
}
