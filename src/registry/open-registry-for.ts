import type { Clock } from '../clock.ts';
import type { Repository } from '../reference/repository.ts';
import { pullSecretSource } from './config/credential-sources.ts';
import { type CredentialSource, makeKeychain } from './config/keychain.ts';
import { defaultApiUrl } from './config/place.ts';
import type { Environment } from './config/proxy.ts';
import type { PullSecret } from './config/pull-secret.ts';
import { hostKey } from './config/registry-host.ts';
import type { Credential } from './credential.ts';
import type { EndpointSource, TlsOptions } from './endpoint.ts';
import { writtenRank } from './http/address.ts';
import type { RegistryAnswer } from './http/answers.ts';
import { openRegistryClient } from './open-registry-client.ts';
import type { RegistryReader } from './registry-client.ts';

/** How one object of a cluster reaches its registry, and nothing of the machine this runs on. Holds secrets. */
export type RegistryAccess = {
  /** In the order they are tried. None: anonymous. */
  readonly pullSecrets: readonly PullSecret[];
  readonly tls: TlsOptions;
  /** Through which everything goes; absent: as the environment says. */
  readonly proxy: URL | undefined;
  /** Plain HTTP is allowed where no TLS is spoken. Certificates are verified all the same. */
  readonly allowsPlainHttp: boolean;
  /** What a cloud issued for one host of its own: shown there alone, by TLS, and no pull secret beside it. */
  readonly issued: { readonly host: string; readonly credential: Credential } | undefined;
};

export type OpenRegistryForOptions = {
  readonly env: Environment;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of each request as it went over the wire. */
  readonly onAnswer?: (answer: RegistryAnswer) => void;
};

/** A client that speaks to registries as an object's spec says: no mirrors, no logins of this machine. */
export function openRegistryFor(access: RegistryAccess, options: OpenRegistryForOptions): RegistryReader {
  const { env, clock, random, onAnswer } = options;
  return openRegistryClient({
    keychain: makeKeychain([sourceOf(access)]),
    endpoints: endpointsFor(access),
    proxy: access.proxy,
    env,
    clock,
    random,
    ...(onAnswer === undefined ? {} : { onAnswer }),
  });
}

function sourceOf({ issued, pullSecrets }: RegistryAccess): CredentialSource {
  if (issued === undefined) return pullSecretSource(pullSecrets);
  return async function* issuedCredential({ registry }) {
    if (hostKey(registry) === issued.host) yield issued.credential;
  };
}

/** TLS first everywhere; then plain HTTP where the object allows it, or where it stays in an inner network. */
function endpointsFor({ tls, allowsPlainHttp, issued }: RegistryAccess): EndpointSource {
  return {
    listEndpoints: (repository) => {
      const apiUrl = defaultApiUrl(repository.registry, 'https');
      const allowsPlain = issued === undefined && (allowsPlainHttp || isInner(repository));
      const plain = allowsPlain ? { plainApiUrl: defaultApiUrl(repository.registry, 'http') } : {};
      const kinds = { kind: 'registry', resolvesTags: true, servesDigests: true } as const;
      return Promise.resolve([{ ...kinds, apiUrl, ...plain, repository, tls }]);
    },
  };
}

/** Loopback and private addresses, by their text alone. Source: ggcr, `Registry.Scheme`. */
function isInner({ registry }: Repository): boolean {
  const { hostname } = new URL(`http://${registry}`);
  const rank = writtenRank(hostname);
  return rank === 3 || rank === 1;
}
