import type { ImageRepositorySpec } from '../api/image-repository.ts';
import { describeError, HoldfastError } from '../errors.ts';
import { unknownRepositoryReason } from '../ledger/scan.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import { findPullSecretEntries, type PullSecret, readPullSecret } from '../registry/config/pull-secret.ts';
import { RegistryError, type RegistryErrorCode } from '../registry/errors.ts';
import type { RegistryAccess } from '../registry/open-registry-for.ts';

/** How an object reached its registry, for advice on why that failed. */
export type TriedWay = {
  readonly repository: Repository;
  readonly spec: Pick<
    ImageRepositorySpec,
    'provider' | 'secretName' | 'serviceAccountName' | 'certSecretName' | 'proxySecretName'
  >;
  readonly namespace: string;
  readonly access: Pick<RegistryAccess, 'pullSecrets'>;
};

/**
 * What failed at a registry and what to do about it, for a condition: the hints of the command line name its own
 * options and this machine, an object has fields and Secrets. Names Secrets, and nothing they hold.
 */
export function describeRegistryFailure(error: unknown, way: TriedWay): string {
  const own = error instanceof RegistryError ? advice[error.code]?.(way) : undefined;
  const hint = own ?? (error instanceof HoldfastError ? error.hint : undefined);
  return hint === undefined ? describeError(error) : `${describeError(error)}; ${hint}`;
}

/** What a scan found that is an answer of the registry and no error, in the same words. */
export function describeUnknownRepository(repository: Repository): string {
  return `${repositoryName(repository)}: ${unknownRepositoryReason}; check the spelling of spec.image, and whether a tag was ever pushed; some registries say so of a private one, too, where spec.secretRef names no login`;
}

/** Where nothing stands, the error's own hint fits an object too. */
const advice: Readonly<Partial<Record<RegistryErrorCode, (way: TriedWay) => string>>> = {
  UNAUTHORIZED: adviseOnLogin,
  DENIED(way) {
    const shown = fittingSecrets(way);
    if (shown.length === 0) return adviseOnLogin(way);
    return `the account in ${listSecrets(shown)} may not do this: have access granted where the registry is run; a new password changes nothing`;
  },
  TOOMANYREQUESTS: () =>
    'it is tried again by itself; a secretRef raises the limit, and a longer spec.interval asks less; do not restart pods',
  REGISTRY_FAILED: () =>
    'it is tried again by itself; look at the status page or the storage of the registry',
  PLAIN_HTTP: () => 'if that is meant, set spec.insecure to true',
  TLS_UNTRUSTED: ({ spec, namespace }) =>
    spec.certSecretName === undefined
      ? 'trust its CA: name a Secret with the key ca.crt in spec.certSecretRef; on a public host a proxy may intercept'
      : `the CA that signed it is not the one in Secret ${namespace}/${spec.certSecretName}, which spec.certSecretRef names`,
  TLS_EXPIRED: () => 'check the clock of the node, then renew the certificate of the registry',
  PROXY_FAILED: ({ spec, namespace }) =>
    spec.proxySecretName === undefined
      ? 'check HTTPS_PROXY and NO_PROXY of the controller, or name another proxy in spec.proxySecretRef'
      : `check address and credential in Secret ${namespace}/${spec.proxySecretName}, which spec.proxySecretRef names`,
  REGISTRY_UNREACHABLE: () =>
    'check the host in spec.image, NetworkPolicies and the proxy; is the registry running? it is tried again by itself',
  TIMEOUT: () => 'check route, NetworkPolicies and the proxy; it is tried again by itself',
  DNS_FAILED: () => 'check the spelling of the host in spec.image, and the DNS of the cluster',
  REDIRECT_REFUSED: () => 'this is for whoever runs the registry, or the proxy before it, to put right',
};

function adviseOnLogin(way: TriedWay): string {
  const { spec, namespace, repository, access } = way;
  const host = repository.registry;
  if (spec.provider !== 'generic') {
    return `let the identity that ${spec.provider} knows read ${repository.path}, and check the spelling of spec.image`;
  }
  const shown = fittingSecrets(way);
  if (shown.length > 0) {
    return `${host} refused the login in ${listSecrets(shown)}: correct it there, or the spelling of spec.image; a private and an absent repository look alike here`;
  }
  if (access.pullSecrets.length > 0) {
    const names = listSecrets(access.pullSecrets);
    return `${names} ${access.pullSecrets.length === 1 ? 'has' : 'have'} no entry that fits ${repositoryName(repository)}: add a login for ${host}`;
  }
  const account = spec.serviceAccountName;
  if (account !== undefined) {
    return `ServiceAccount ${namespace}/${account} names no pull secret that is there: add one with a login for ${host}, or name it in spec.secretRef`;
  }
  return `check the spelling of spec.image; if the repository is private, name a Secret with a login for ${host} in spec.secretRef: no secretRef or serviceAccountName is given`;
}

/** Those with an entry that was shown to the registry. */
function fittingSecrets({ access, repository }: TriedWay): readonly PullSecret[] {
  return access.pullSecrets.filter(
    (secret) => findPullSecretEntries(readPullSecret(secret), repository).length > 0,
  );
}

/** Names told one by one: a ServiceAccount may have fifty. */
const namedMax = 3;

function listSecrets(secrets: readonly PullSecret[]): string {
  const names = secrets.slice(0, namedMax).map(({ name }) => name);
  const more = secrets.length - names.length;
  const listed = names.join(', ') + (more === 0 ? '' : ` and ${more} more`);
  return `${secrets.length === 1 ? 'Secret' : 'Secrets'} ${listed}`;
}
