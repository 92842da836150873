import type { ImageRepositorySpec } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { objectAt, textAt } from '../cluster/foreign-value.ts';
import type { KubernetesObject } from '../cluster/kubernetes-client.ts';
import { readAccountClaims } from '../registry/identity/account-claims.ts';
import { registryOfCloud } from '../registry/identity/cloud-credentials.ts';
import type { CloudAccount, CloudQuestion } from '../registry/identity/cloud-identity.ts';
import { CloudIdentityError } from '../registry/identity/errors.ts';
import { type AccessPlaces, readServiceAccount, unusablePrefix } from './access-secrets.ts';
import { ReflectError } from './errors.ts';

/**
 * What a cloud is to be asked for an object: as its ServiceAccount where that is allowed, else as this process.
 * @throws ReflectError `IDENTITY_UNUSABLE`; ClusterError
 */
export async function readCloudQuestion(
  { provider, serviceAccountName }: ImageRepositorySpec,
  host: string,
  places: AccessPlaces,
): Promise<Omit<CloudQuestion, 'tls' | 'proxy'> | undefined> {
  if (provider === 'generic') return undefined;
  try {
    const registry = registryOfCloud(provider, host);
    // One that the operator set as default counts only where the gate lets objects have an identity at all.
    const name = serviceAccountName ?? (places.hasObjectIdentity ? places.defaultServiceAccount : undefined);
    const account = name === undefined ? undefined : await readAccount(provider, name, places);
    return { registry, account };
  } catch (error) {
    throw asUnusable(error);
  }
}

/** A cloud's refusal in an object's words; anything else as it is. Flux asks clouds within a scan: it fails as one. */
export function asUnusable(cause: unknown): unknown {
  if (!(cause instanceof CloudIdentityError)) return cause;
  const { hint, message } = cause;
  return hint === undefined
    ? new ReflectError('IDENTITY_UNUSABLE', message, { cause })
    : new ReflectError('IDENTITY_UNUSABLE', `${message} (${hint})`, { hint, cause });
}

async function readAccount(
  provider: CloudQuestion['registry']['provider'],
  name: string,
  places: AccessPlaces,
): Promise<CloudAccount> {
  const { client, namespace } = places;
  const { metadata } = await readIdentity(name, places);
  return {
    namespace,
    name,
    uid: textAt(metadata, 'uid') ?? '',
    claims: claimsOf(provider, objectAt(metadata, 'annotations'), `${namespace}/${name}`),
    async requestToken(audience, signal) {
      try {
        return await client.requestToken({ namespace, name }, audience, signal);
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        throw new CloudIdentityError(
          'IDENTITY_ABSENT',
          `failed to create kubernetes token for service account '${namespace}/${name}': ${error.message}`,
          {
            hint: 'may the controller create serviceaccounts/token?',
            retryable: error.retryable,
            cause: error,
          },
        );
      }
    },
  };
}

/** What is wrong with it is told as what a cloud refuses. */
async function readIdentity(name: string, places: AccessPlaces): Promise<KubernetesObject> {
  try {
    return await readServiceAccount(name, places);
  } catch (cause) {
    if (!(cause instanceof ReflectError)) throw cause;
    const message = `failed to get service account '${places.namespace}/${name}': ${cause.message.replace(unusablePrefix, '')}`;
    throw new CloudIdentityError('IDENTITY_ABSENT', message, { cause });
  }
}

function claimsOf(
  provider: CloudQuestion['registry']['provider'],
  annotations: Readonly<Record<string, unknown>>,
  place: string,
): CloudAccount['claims'] {
  try {
    return readAccountClaims(provider, annotations);
  } catch (error) {
    if (!(error instanceof CloudIdentityError)) throw error;
    const message = `failed to get provider identity from service account '${place}' annotations: ${error.message}`;
    throw new CloudIdentityError(error.code, message, {
      cause: error,
      ...(error.hint ? { hint: error.hint } : {}),
    });
  }
}
