import type { Clock } from '../clock.ts';
import { formatInstant } from '../clock.ts';
import type { Answer } from './answer.ts';
import { jsonAnswer } from './answer.ts';
import type { Authorizer, BearerOptions, Scope, User } from './auth.ts';
import { collectBody } from './body.ts';
import { serviceOf } from './challenge.ts';
import type { Exchange } from './exchange.ts';

/** Largest form taken: a token request is a few hundred bytes. */
const formBytesMax = 64 * 1024;

const expiresInDefault = 300;

/**
 * `GET /token` with Basic or no credentials, `POST /token` with grant_type password or refresh_token.
 * Sources: distribution's "Token Authentication" and "OAuth2 Token Authentication" specifications.
 */
export async function answerToken(exchange: Exchange, authorizer: Authorizer, clock: Clock): Promise<Answer> {
  const { options } = authorizer;
  if (options.kind !== 'bearer') return refusal(404, 'this registry gives no tokens');
  if (exchange.method === 'POST') return answerOauth2(exchange, authorizer, options, clock);
  if (exchange.method !== 'GET') return refusal(405, 'ask by GET or POST');
  const [scheme, basic = ''] = (exchange.headers.authorization ?? '').split(' ');
  const user = scheme === '' ? undefined : authorizer.findUser(basic);
  if (scheme !== '' && user === undefined) return refusal(401, 'incorrect username or password');
  const wantsRefresh = exchange.query.get('offline_token') === 'true';
  return giveToken({ authorizer, options, clock, user, asked: exchange.query, wantsRefresh });
}

async function answerOauth2(
  exchange: Exchange,
  authorizer: Authorizer,
  options: BearerOptions,
  clock: Clock,
): Promise<Answer> {
  const bytes = await collectBody(exchange.body, formBytesMax);
  if (bytes === undefined) return refusal(413, 'the form is too large');
  const asked = new URLSearchParams(bytes.toString());
  const grantType = asked.get('grant_type');
  const user =
    grantType === 'refresh_token'
      ? authorizer.findRefreshToken(asked.get('refresh_token') ?? '')
      : authorizer.findLogin(asked.get('username') ?? '', asked.get('password') ?? '');
  if (grantType !== 'refresh_token' && grantType !== 'password') {
    return jsonAnswer(400, { error: 'unsupported_grant_type' });
  }
  if (user === undefined) return jsonAnswer(401, { error: 'invalid_grant' });
  const wantsRefresh = asked.get('access_type') === 'offline';
  return giveToken({ authorizer, options, clock, user, asked, wantsRefresh });
}

type TokenRequest = {
  readonly authorizer: Authorizer;
  readonly options: BearerOptions;
  readonly clock: Clock;
  readonly user: User | undefined;
  readonly asked: URLSearchParams;
  readonly wantsRefresh: boolean;
};

function giveToken({ authorizer, options, clock, user, asked, wantsRefresh }: TokenRequest): Answer {
  const service = asked.get('service');
  if (service !== serviceOf(options)) return refusal(400, `this is not the token endpoint of ${service}`);
  const wanted = parseScopes(asked.getAll('scope'));
  if (wanted === undefined) return refusal(400, 'a scope is written type:name:action[,action]');
  const lifeSeconds = options.expiresInSeconds ?? expiresInDefault;
  const { token, scopes } = authorizer.grant(user, wanted, lifeSeconds);
  if (options.refusesTokens === true && wanted.length > 0 && scopes.length === 0) {
    return refusal(403, 'requested access to the resource is denied');
  }
  const key = options.tokenKey ?? 'both';
  return jsonAnswer(200, {
    ...(key === 'access_token' ? {} : { token }),
    ...(key === 'token' ? {} : { access_token: token }),
    ...(options.tellsExpiry === false
      ? {}
      : { expires_in: lifeSeconds, issued_at: formatInstant(clock.now()) }),
    scope: scopes.map(formatScope).join(' '),
    ...(wantsRefresh && user !== undefined ? { refresh_token: authorizer.makeRefreshToken(user) } : {}),
  });
}

/** Several in one parameter, apart by spaces, or several parameters: clients do both. */
function parseScopes(texts: readonly string[]): Scope[] | undefined {
  const scopes = texts
    .flatMap((text) => text.split(' '))
    .filter((text) => text !== '')
    .map(parseScope);
  return scopes.includes(undefined) ? undefined : scopes.filter((scope) => scope !== undefined);
}

/** A name may hold colons (a host with a port), so type is before the first and actions after the last. */
function parseScope(text: string): Scope | undefined {
  const [, type, name, actions] = /^([a-z0-9]+)(?:\([^)]*\))?:(.+):([^:]*)$/.exec(text) ?? [];
  if (type === undefined || name === undefined || actions === undefined) return undefined;
  return { type, name, actions: actions.split(',').filter((action) => action !== '') };
}

function formatScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(',')}`;
}

function refusal(status: number, message: string): Answer {
  const code = status === 401 ? 'UNAUTHORIZED' : status === 403 ? 'DENIED' : 'UNSUPPORTED';
  return jsonAnswer(
    status,
    { errors: [{ code, message }] },
    status === 401 ? { 'www-authenticate': 'Basic realm="Registry token"' } : {},
  );
}
