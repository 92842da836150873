import { repositoryName } from '../../reference/repository.ts';
import type { Credential, Keychain } from '../credential.ts';
import { RegistryError } from '../errors.ts';
import { type Access, type HttpRequest, type HttpResponse, headerOf, type Send } from '../http/http.ts';
import { untilAborted } from '../until-aborted.ts';
import { parseChallenges } from './challenge.ts';
import { makeCredentials } from './credentials.ts';
import { basicAuthorization } from './token.ts';
import { type Demand, makeTokenCache, type TokenCacheDependencies } from './token-cache.ts';

export type AuthorizerDependencies = TokenCacheDependencies & {
  readonly keychain: Keychain;
  readonly warn: (text: string) => void;
};

/** What a request carried. */
type Shown = {
  readonly authorization: string;
  readonly credential: Credential | undefined;
  /** Whether asking again could give nothing newer for this credential. */
  readonly isFresh: boolean;
};

/**
 * Shows credentials where they are asked for, and nowhere else. A request goes out as it is, and its 401 is
 * answered; what the host asked for is remembered, so that only the first requests are sent twice. A token
 * that is refused is fetched anew once; then the keychain's next credential has its turn, and at last nobody.
 *
 * A challenge counts only from the origin that was asked: a host that we were redirected to has no claim.
 */
export function withAuthorization(next: Send, dependencies: AuthorizerDependencies): Send {
  const { keychain, reading, warn } = dependencies;
  const demands = new Map<string, Demand>();
  const credentials = makeCredentials(keychain, reading.redactor);
  const tokens = makeTokenCache(next, dependencies);
  /** What a token server said of the first credential it refused, by repository. */
  const refusals = new Map<string, RegistryError>();

  /** What meets a demand; undefined where nothing is left to show. */
  const answer = async (
    request: HttpRequest,
    access: Access,
    demand: Demand,
    refused: Shown | undefined,
  ): Promise<Shown | undefined> => {
    if (refused?.isFresh === true) {
      if (refused.credential === undefined) return undefined;
      credentials.refuse(access.repository, refused.credential);
    }
    const name = repositoryName(access.repository);
    for (;;) {
      const credential = await untilAborted(credentials.find(access.repository), request.signal);
      if (credential?.kind === 'registry-token') {
        return { authorization: `Bearer ${credential.token}`, credential, isFresh: true };
      }
      if (demand.challenge.scheme === 'basic') {
        if (credential?.kind !== 'basic') return undefined;
        return { authorization: basicAuthorization(credential), credential, isFresh: true };
      }
      try {
        const ordered = tokens.get(request, access, demand, credential, tokenOf(refused));
        const { value, isFresh } = await untilAborted(ordered, request.signal);
        return { authorization: `Bearer ${value}`, credential, isFresh };
      } catch (error) {
        if (!(error instanceof RegistryError) || error.code !== 'UNAUTHORIZED') throw error;
        if (credential === undefined) throw refusals.get(name) ?? error;
        warn(`${error.message}; trying without it`);
        refusals.set(name, refusals.get(name) ?? error);
        credentials.refuse(access.repository, credential);
      }
    }
  };

  return async (request) => {
    const { access } = request;
    if (access === undefined) return next(request);
    const known = demands.get(request.url.origin);
    let shown = known && (await answer(request, access, known, undefined));
    for (;;) {
      const response = await next(withHeader(request, shown));
      if (response.status !== 401) return response;
      const demand = demandOf(request, response);
      if (demand === undefined) return response;
      demands.set(request.url.origin, demand);
      shown = await answer(request, access, demand, shown);
      const refusal = refusals.get(repositoryName(access.repository));
      if (shown === undefined && refusal === undefined) return response;
      response.body.discard();
      if (shown === undefined) throw refusal;
    }
  };
}

function tokenOf(shown: Shown | undefined): string | undefined {
  return shown?.authorization.startsWith('Bearer ') === true
    ? shown.authorization.slice('Bearer '.length)
    : undefined;
}

function demandOf(request: HttpRequest, response: HttpResponse): Demand | undefined {
  if (response.url.origin !== request.url.origin) return undefined;
  const found = parseChallenges(headerOf(response, 'www-authenticate') ?? '');
  const challenge =
    found.find(({ scheme }) => scheme === 'bearer') ?? found.find(({ scheme }) => scheme === 'basic');
  return challenge && { challenge, addressRank: response.addressRank };
}

function withHeader(request: HttpRequest, shown: Shown | undefined): HttpRequest {
  if (shown === undefined) return request;
  return { ...request, headers: { ...request.headers, authorization: shown.authorization } };
}
