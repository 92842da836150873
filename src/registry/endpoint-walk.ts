import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Endpoint, EndpointSource } from './endpoint.ts';
import { RegistryError } from './errors.ts';
import type { HttpRequest, Method, Send } from './http/http.ts';
import type { Reading } from './response-error.ts';

/** What every part of the protocol works with. */
export type Connection = {
  readonly send: Send;
  readonly endpoints: EndpointSource;
  /** Tells of something that did not stop the work. */
  readonly warn: (text: string) => void;
  readonly reading: Reading;
};

/**
 * Asks the places that may serve a repository, in order, until one has an answer. A mirror that fails or
 * has nothing is passed over; the registry itself is last, and what it says counts.
 * @param needs what is asked for: not every mirror answers both
 */
export async function askEndpoints<Answer>(
  { endpoints, warn }: Connection,
  repository: Repository,
  needs: 'tag' | 'digest',
  ask: (endpoint: Endpoint) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const places = await endpoints.listEndpoints(repository);
  for (const endpoint of places) {
    if (endpoint.kind === 'registry') return ask(endpoint);
    if (!(needs === 'tag' ? endpoint.resolvesTags : endpoint.servesDigests)) continue;
    try {
      const answer = await ask(endpoint);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      warn(`mirror passed over: ${error.message}`);
    }
  }
  return undefined;
}

/** The registry itself. @throws RegistryError `REGISTRY_UNREACHABLE` where only mirrors are configured */
export async function registryEndpoint({ endpoints }: Connection, repository: Repository): Promise<Endpoint> {
  const found = (await endpoints.listEndpoints(repository)).find(({ kind }) => kind === 'registry');
  if (found !== undefined) return found;
  throw new RegistryError(
    'REGISTRY_UNREACHABLE',
    `${repositoryName(repository)}: only mirrors are configured for ${repository.registry}`,
    { hint: 'this needs the registry itself: a mirror may hold only a part' },
  );
}

export type Asking = {
  readonly about: string;
  readonly signal?: AbortSignal | undefined;
  readonly actions?: 'pull' | 'push';
};

/** A request for something below a repository at one place. */
export function requestTo(
  endpoint: Endpoint,
  method: Method,
  suffix: string,
  { about, signal, actions = 'pull' }: Asking,
): HttpRequest {
  const url = new URL(`${endpoint.repository.path}/${suffix}`, endpoint.apiUrl);
  if (endpoint.upstream !== undefined) url.searchParams.set('ns', endpoint.upstream);
  return {
    method,
    url,
    about,
    signal,
    tls: endpoint.tls,
    access: { repository: endpoint.repository, actions },
    ...(endpoint.plainApiUrl === undefined ? {} : { plainOrigin: endpoint.plainApiUrl.origin }),
  };
}
