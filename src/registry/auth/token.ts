import type { Clock, EpochMs } from '../../clock.ts';
import type { Credential } from '../credential.ts';
import { RegistryError } from '../errors.ts';
import { readBody } from '../http/body.ts';
import { type HttpRequest, type HttpResponse, hostOf, type Send } from '../http/http.ts';
import { type Reading, responseError } from '../response-error.ts';

export type Token = { readonly value: string; readonly expiresAt: EpochMs };

export type TokenOrder = {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Exclude<Credential, { kind: 'registry-token' }> | undefined;
};

/** What a token without `expires_in` lasts. Source: distribution, docs/spec/auth/token.md. */
const defaultLifetimeSeconds = 60;
/** Longest lifetime believed: a token is cheap, a wrong clock is not. */
const lifetimeSecondsMax = 3600;
/** Part of its lifetime that a token is used for: the rest is for clocks and the way. */
const usedPart = 0.9;

/**
 * Fetches a token: by POST where there is a refresh token, else by GET, with the credential as Basic or
 * without any. Sources: distribution, docs/spec/auth/token.md and oauth.md.
 * @param base what the request inherits: its subject, its trust, its permitted addresses
 * @throws RegistryError `UNAUTHORIZED`, `DENIED`, `TOKEN_FAILED`
 */
export async function fetchToken(
  send: Send,
  base: Pick<HttpRequest, 'about' | 'tls' | 'addressRankMax'>,
  order: TokenOrder,
  clock: Clock,
  reading: Reading,
): Promise<Token> {
  const request = {
    ...base,
    ...(order.credential?.kind === 'identity-token' ? post(order, order.credential.token) : get(order)),
  };
  const response = await send(request);
  if (response.status !== 200) throw await refusalOf(request, response, order, reading);
  const body = await readBody(request, response, {
    bytesMax: reading.limits.tokenBytesMax,
    timeoutMs: reading.limits.documentTimeoutMs,
  });
  return parseToken(request, body, clock);
}

function get(order: TokenOrder): Pick<HttpRequest, 'method' | 'url' | 'headers'> {
  const url = new URL(order.realm);
  if (order.service !== undefined) url.searchParams.set('service', order.service);
  for (const scope of order.scopes) url.searchParams.append('scope', scope);
  if (order.credential?.kind !== 'basic') return { method: 'GET', url };
  url.searchParams.set('account', order.credential.username);
  return { method: 'GET', url, headers: { authorization: basicAuthorization(order.credential) } };
}

function post(
  order: TokenOrder,
  refreshToken: string,
): Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'repeatable'> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service: order.service ?? '',
    client_id: 'holdfast',
    scope: order.scopes.join(' '),
    refresh_token: refreshToken,
  });
  return {
    method: 'POST',
    url: order.realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
    repeatable: true,
  };
}

export function basicAuthorization(credential: Extract<Credential, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`;
}

async function refusalOf(
  request: HttpRequest,
  response: HttpResponse,
  order: TokenOrder,
  reading: Reading,
): Promise<RegistryError> {
  const error = await responseError(request, response, reading);
  const isRefusal = response.status === 401 || response.status === 403;
  if (!isRefusal) {
    return error.code === 'TOOMANYREQUESTS' || error.retryable ? error : tokenFailed(request, error.message);
  }
  const asked = hostOf(order.realm);
  return order.credential === undefined
    ? new RegistryError('UNAUTHORIZED', `${request.about}: ${asked} gives no token without a credential`, {
        hint: 'check the spelling first, a private and an absent repository look alike here; then log in',
        status: response.status,
        cause: error,
      })
    : new RegistryError('UNAUTHORIZED', `${request.about}: ${asked} refused the credential`, {
        hint: 'log in again; if the image is public, log out: a stale credential closes public images too',
        status: response.status,
        cause: error,
      });
}

function parseToken(request: HttpRequest, body: Uint8Array, clock: Clock): Token {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(body));
  } catch {
    // The parser's message would quote the body, and with it the token.
    throw tokenFailed(request, `${hostOf(request.url)} answered no JSON`);
  }
  const fields: Readonly<Record<string, unknown>> =
    typeof answer === 'object' && answer !== null ? { ...answer } : {};
  const value = [fields['token'], fields['access_token']].find(isTokenText);
  if (value === undefined) throw tokenFailed(request, `${hostOf(request.url)} answered without a token`);
  const told = Number(fields['expires_in'] ?? defaultLifetimeSeconds);
  const seconds = told > 0 ? Math.min(told, lifetimeSecondsMax) : defaultLifetimeSeconds;
  return { value, expiresAt: clock.now() + seconds * 1000 * usedPart };
}

/** Nothing that could end the header it is put into. */
function isTokenText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function tokenFailed(request: HttpRequest, says: string): RegistryError {
  return new RegistryError('TOKEN_FAILED', `${request.about}: no token: ${says}`, {
    hint: 'the token server of the registry misbehaves, or something else answers in its place',
  });
}
