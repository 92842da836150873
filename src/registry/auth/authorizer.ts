import type { Clock } from '../../clock.ts';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { Credential, Keychain } from '../credential.ts';
import type { AddressRank } from '../http/address.ts';
import {
  type Access,
  type HttpRequest,
  type HttpResponse,
  headerOf,
  type Send,
  tlsForOtherHost,
} from '../http/http.ts';
import type { Redactor } from '../redact.ts';
import type { Reading } from '../response-error.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { realmOf } from './realm.ts';
import { scopesOf, uniteScopes } from './scope.ts';
import { basicAuthorization, fetchToken, type Token } from './token.ts';

export type AuthorizerDependencies = {
  readonly keychain: Keychain;
  readonly clock: Clock;
  readonly reading: Reading;
  /** Whether a registry may name a token server further inside the network than itself. */
  readonly allowsInnerAddresses: boolean;
};

/** Tokens kept at once; the oldest goes first. */
const tokensMax = 10_000;

/**
 * Shows credentials where they are asked for, and nowhere else. A request goes out as it is; its 401 is
 * answered once. What a host asked for is remembered, so that only the first requests are sent twice; a
 * token that is refused is fetched anew once.
 *
 * A challenge counts only from the origin that was asked: a host that we were redirected to has no claim.
 */
export function withAuthorization(next: Send, dependencies: AuthorizerDependencies): Send {
  const demands = new Map<string, Demand>();
  const findCredential = makeCredentialCache(dependencies);
  const findToken = makeTokenCache(next, dependencies);

  /** The header that meets a demand; undefined where we have nothing to show. */
  const answer = async (
    request: HttpRequest,
    access: Access,
    demand: Demand,
    refused: string | undefined,
  ): Promise<string | undefined> => {
    const credential = await untilAborted(findCredential(access.repository), request.signal);
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`;
    if (demand.challenge.scheme === 'basic') {
      return credential?.kind === 'basic' ? basicAuthorization(credential) : undefined;
    }
    const token = findToken(request, access, demand, credential, refused);
    return `Bearer ${await untilAborted(token, request.signal)}`;
  };

  return async (request) => {
    const { access } = request;
    if (access === undefined) return next(request);
    const known = demands.get(request.url.origin);
    const first = known && (await answer(request, access, known, undefined));
    const response = await next(withHeader(request, first));
    if (response.status !== 401) return response;
    const demand = demandOf(request, response);
    if (demand === undefined) return response;
    demands.set(request.url.origin, demand);
    const second = await answer(request, access, demand, first);
    if (second === undefined || second === first) return response;
    response.body.discard();
    return next(withHeader(request, second));
  };
}

/** What an origin asks for, and how far inside the network it lies. */
type Demand = { readonly challenge: Challenge; readonly addressRank: AddressRank };

/** Each repository's credential is looked up once: a helper is a process. */
function makeCredentialCache(dependencies: AuthorizerDependencies) {
  const { keychain, reading } = dependencies;
  const credentials = new Map<string, Promise<Credential | undefined>>();
  return (repository: Repository): Promise<Credential | undefined> => {
    const name = repositoryName(repository);
    const known = credentials.get(name);
    if (known !== undefined) return known;
    // Without the signal of one request: the answer serves them all.
    const found = keychain.findCredential(repository);
    credentials.set(name, found);
    found.then(
      (credential) => keepSecret(reading.redactor, credential),
      () => credentials.delete(name),
    );
    return found;
  };
}

type OrderingCredential = Exclude<Credential, { kind: 'registry-token' }>;

/** One token for each origin, repository and set of scopes; one request for it, however many wait. */
function makeTokenCache(next: Send, { allowsInnerAddresses, clock, reading }: AuthorizerDependencies) {
  const tokens = new Map<string, Promise<Token>>();

  /** The token held or on its way, or a new one where that is spent or was refused. */
  const current = async (
    key: string,
    refused: string | undefined,
    fetch: () => Promise<Token>,
  ): Promise<Token> => {
    const held = tokens.get(key);
    const token = await held;
    if (token !== undefined && token.expiresAt > clock.now() && `Bearer ${token.value}` !== refused)
      return token;
    // While we waited, somebody else may have found the same and asked already.
    const newer = tokens.get(key);
    if (newer !== undefined && newer !== held) return newer;
    const fetched = fetch();
    const [oldest] = tokens.keys();
    if (tokens.size >= tokensMax && oldest !== undefined) tokens.delete(oldest);
    tokens.set(key, fetched);
    fetched.catch(() => tokens.delete(key));
    return fetched;
  };

  return async (
    request: HttpRequest,
    access: Access,
    demand: Demand,
    credential: OrderingCredential | undefined,
    refused: string | undefined,
  ): Promise<string> => {
    const { parameters } = demand.challenge;
    const realm = realmOf(request, parameters.get('realm'), credential !== undefined);
    const service = parameters.get('service');
    const scopes = uniteScopes(scopesOf(access), scopeFor(access, parameters.get('scope')));
    const key = [request.url.origin, realm.href, service, repositoryName(access.repository), ...scopes].join(
      ' ',
    );
    const base = {
      about: request.about,
      tls: realm.hostname === request.url.hostname ? request.tls : tlsForOtherHost(request.tls),
      ...(allowsInnerAddresses ? {} : { addressRankMax: demand.addressRank }),
    };
    const order = { realm, service, scopes, credential };
    const token = await current(key, refused, () => fetchToken(next, base, order, clock, reading));
    reading.redactor.addSecret(token.value);
    return token.value;
  };
}

/**
 * A remembered challenge names the repository that it was first sent for: only the scopes of ours count,
 * and those that concern no repository.
 */
function scopeFor(access: Access, asked: string | undefined): string | undefined {
  const paths = [access.repository.path, access.from?.path];
  const isOurs = (scope: string): boolean => {
    const [kind, path] = scope.split(':');
    return kind !== 'repository' || paths.includes(path);
  };
  return asked?.split(' ').filter(isOurs).join(' ');
}

function demandOf(request: HttpRequest, response: HttpResponse): Demand | undefined {
  if (response.url.origin !== request.url.origin) return undefined;
  const found = parseChallenges(headerOf(response, 'www-authenticate') ?? '');
  const challenge =
    found.find(({ scheme }) => scheme === 'bearer') ?? found.find(({ scheme }) => scheme === 'basic');
  return challenge && { challenge, addressRank: response.addressRank };
}

function withHeader(request: HttpRequest, authorization: string | undefined): HttpRequest {
  return authorization === undefined
    ? request
    : { ...request, headers: { ...request.headers, authorization } };
}

function keepSecret(redactor: Redactor, credential: Credential | undefined): void {
  if (credential === undefined) return;
  redactor.addSecret(credential.kind === 'basic' ? credential.password : credential.token);
  if (credential.kind === 'basic') redactor.addSecret(basicAuthorization(credential).slice('Basic '.length));
}

/** Waits for what others wait for too: cancelling ends the waiting, not the work. */
function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
