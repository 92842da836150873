import type { ImageRepositorySpec } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { objectAt, textAt } from '../cluster/foreign-value.ts';
import { readAccountClaims } from '../registry/identity/account-claims.ts';
import { registryOfCloud } from '../registry/identity/cloud-credentials.ts';
import type { CloudAccount, CloudQuestion } from '../registry/identity/cloud-identity.ts';
import { CloudIdentityError } from '../registry/identity/errors.ts';
import { type AccessPlaces, readServiceAccount, unusable } from './access-secrets.ts';

/**
 * What a cloud is to be asked for an object: as its ServiceAccount where that is allowed, else as this process.
 * @throws ReflectError `ACCESS_UNUSABLE`; ClusterError
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

/** A cloud's refusal in an object's words; anything else as it is. */
export function asUnusable(error: unknown): unknown {
  if (!(error instanceof CloudIdentityError)) return error;
  const advice = error.hint === undefined ? '' : ` (${error.hint})`;
  return unusable(`${error.message}${advice}`, error.hint, error);
}

async function readAccount(
  provider: CloudQuestion['registry']['provider'],
  name: string,
  places: AccessPlaces,
): Promise<CloudAccount> {
  const { client, namespace } = places;
  const { metadata } = await readServiceAccount(name, places);
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
