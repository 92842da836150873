import type { ImageRepositorySpec } from '../api/image-repository.ts';
import type { CloudCredentials } from '../registry/identity/cloud-credentials.ts';
import type { CloudQuestion } from '../registry/identity/cloud-identity.ts';
import type { RegistryAccess } from '../registry/open-registry-for.ts';
import type { AccessPlaces } from './access-secrets.ts';
import { asUnusable, readCloudQuestion } from './cloud-access.ts';
import { readCertificates, readProxy } from './connection-access.ts';
import { readPullSecrets } from './pull-secret-access.ts';

/** What the cluster says of an object's way to its registry. Holds secrets. */
export type ReadAccess = {
  readonly access: Omit<RegistryAccess, 'issued'>;
  /** What a cloud is still to be asked. */
  readonly question: CloudQuestion | undefined;
};

/**
 * Reads what an ImageRepository says of its registry: proxy, certificates, and either its pull secrets or, with a
 * cloud for its provider, who asks that cloud.
 * @param host of the registry
 * @throws ReflectError; ClusterError
 */
export async function readRegistryAccess(
  spec: ImageRepositorySpec,
  host: string,
  places: AccessPlaces,
): Promise<ReadAccess> {
  const proxy =
    spec.proxySecretName === undefined ? undefined : await readProxy(spec.proxySecretName, places);
  const cloud = await readCloudQuestion(spec, host, places);
  const tls = spec.certSecretName === undefined ? {} : await readCertificates(spec.certSecretName, places);
  const pullSecrets = cloud === undefined ? await readPullSecrets(spec, places) : [];
  return {
    access: { pullSecrets, tls, proxy, allowsPlainHttp: spec.insecure },
    question: cloud && { ...cloud, proxy, tls },
  };
}

/** @throws ReflectError `IDENTITY_UNUSABLE`, where a cloud gives no credential; the signal's reason */
export async function issueRegistryAccess(
  { access, question }: ReadAccess,
  clouds: CloudCredentials,
  signal: AbortSignal,
): Promise<RegistryAccess> {
  if (question === undefined) return { ...access, issued: undefined };
  try {
    const credential = await clouds.issue(question, signal);
    return { ...access, issued: { host: question.registry.host, credential } };
  } catch (error) {
    throw asUnusable(error);
  }
}
