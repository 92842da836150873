import type { Clock } from '../../clock.ts';
import { repositoryName } from '../../reference/repository.ts';
import type { Credential } from '../credential.ts';
import type { AddressRank } from '../http/address.ts';
import { type Access, type HttpRequest, type Send, tlsForOtherHost } from '../http/http.ts';
import type { Reading } from '../response-error.ts';
import type { Challenge } from './challenge.ts';
import { realmOf } from './realm.ts';
import { scopesOf, uniteScopes } from './scope.ts';
import { fetchToken, type Token } from './token.ts';

/** What an origin asks for, and how far inside the network it lies. */
export type Demand = { readonly challenge: Challenge; readonly addressRank: AddressRank };

export type TokenCacheDependencies = {
  readonly clock: Clock;
  readonly reading: Reading;
  /** Whether a registry may name a token server further inside the network than itself. */
  readonly allowsInnerAddresses: boolean;
};

export interface TokenCache {
  /**
   * The token for a demand; `isFresh` where it was fetched for this call.
   * @param refused a token that is not taken any more
   */
  get(
    request: HttpRequest,
    access: Access,
    demand: Demand,
    credential: Exclude<Credential, { kind: 'registry-token' }> | undefined,
    refused: string | undefined,
  ): Promise<{ readonly value: string; readonly isFresh: boolean }>;
}

/** Tokens kept at once; the oldest goes first. */
const tokensMax = 10_000;

/** One token for each origin, repository, credential and set of scopes; one request for it, however many wait. */
export function makeTokenCache(next: Send, dependencies: TokenCacheDependencies): TokenCache {
  const { allowsInnerAddresses, clock, reading } = dependencies;
  const tokens = new Map<string, Promise<Token>>();
  const identify = makeIdentifier();

  const keep = (key: string, fetched: Promise<Token>): void => {
    const [oldest] = tokens.keys();
    if (tokens.size >= tokensMax && oldest !== undefined) tokens.delete(oldest);
    tokens.set(key, fetched);
    fetched.catch(() => tokens.delete(key));
  };

  /** The token that is held or on its way, unless it is spent or was refused. */
  const findHeld = async (key: string, refused: string | undefined): Promise<Token | undefined> => {
    for (let held = tokens.get(key); held !== undefined; ) {
      const token = await held;
      if (token.expiresAt > clock.now() && token.value !== refused) return token;
      // While we waited, somebody else may have found the same and asked already.
      const newer = tokens.get(key);
      held = newer === held ? undefined : newer;
    }
    return undefined;
  };

  return {
    async get(request, access, demand, credential, refused) {
      const { parameters } = demand.challenge;
      const realm = realmOf(request, parameters.get('realm'), credential !== undefined);
      const service = parameters.get('service');
      const scopes = uniteScopes(scopesOf(access), scopeFor(access, parameters.get('scope')));
      const repository = repositoryName(access.repository);
      const key = [request.url.origin, realm.href, service, repository, identify(credential), ...scopes].join(
        ' ',
      );
      const held = await findHeld(key, refused);
      if (held !== undefined) return { value: held.value, isFresh: false };
      const base = {
        about: request.about,
        tls: realm.hostname === request.url.hostname ? request.tls : tlsForOtherHost(request.tls),
        ...(allowsInnerAddresses ? {} : { addressRankMax: demand.addressRank }),
      };
      const fetched = fetchToken(next, base, { realm, service, scopes, credential }, clock, reading);
      keep(key, fetched);
      const { value } = await fetched;
      reading.redactor.addSecret(value);
      return { value, isFresh: true };
    },
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

/** A number for each credential, so that no key holds a secret. */
function makeIdentifier(): (credential: Credential | undefined) => number {
  const numbers = new WeakMap<Credential, number>();
  let count = 0;
  return (credential) => {
    if (credential === undefined) return 0;
    const number = numbers.get(credential) ?? ++count;
    numbers.set(credential, number);
    return number;
  };
}
