import type { ImageRepositorySpec } from '../api/image-repository.ts';
import { nameAt, objectAt, objectsAt, textAt } from '../cluster/foreign-value.ts';
import type { KubernetesObject } from '../cluster/kubernetes-client.ts';
import { readAuthEntry } from '../registry/config/auth-entry.ts';
import { type PullSecret, readPullSecret } from '../registry/config/pull-secret.ts';
import { type AccessPlaces, decode, readSecret, readServiceAccount, unusable } from './access-secrets.ts';

/** Pull secrets of one ServiceAccount: more are passed over. */
const pullSecretsMax = 50;

/** An object's own before its ServiceAccount's. @throws ReflectError `ACCESS_UNUSABLE`; ClusterError */
export async function readPullSecrets(
  { secretName, serviceAccountName }: ImageRepositorySpec,
  places: AccessPlaces,
): Promise<readonly PullSecret[]> {
  const own = secretName === undefined ? [] : [await readOwnSecret(secretName, places)];
  return serviceAccountName === undefined
    ? own
    : [...own, ...(await readAccountSecrets(serviceAccountName, places))];
}

async function readOwnSecret(name: string, places: AccessPlaces): Promise<PullSecret> {
  const secret = await readSecret(name, places, `secrets "${name}" not found`);
  return pullSecretOf(secret, `${places.namespace}/${name}`);
}

/** One that is not there is an error, and one of a type that holds no logins passed over, both as in Flux. */
async function readAccountSecrets(name: string, places: AccessPlaces): Promise<readonly PullSecret[]> {
  const { namespace } = places;
  const account = await readServiceAccount(name, places);
  const found: PullSecret[] = [];
  for (const reference of objectsAt(account, 'imagePullSecrets').slice(0, pullSecretsMax)) {
    const secretName = nameAt(reference, 'name');
    if (secretName === undefined) continue;
    const place = `${namespace}/${secretName}`;
    const missing = `failed to get image pull secret for serviceaccount '${namespace}/${name}': secret '${place}' not found`;
    const secret = await readSecret(secretName, places, missing);
    if (typeOf(secret) in keys) found.push(pullSecretOf(secret, place));
  }
  return found;
}

const keys = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
} as const;

function typeOf(secret: KubernetesObject): string {
  return textAt(secret, 'type') ?? 'Opaque';
}

function pullSecretOf(secret: KubernetesObject, place: string): PullSecret {
  const type = typeOf(secret);
  if (type !== 'kubernetes.io/dockerconfigjson' && type !== 'kubernetes.io/dockercfg') {
    throw unusable(
      `secret '${place}' has type ${type}, which holds no registry credentials`,
      'make it with: kubectl create secret docker-registry',
    );
  }
  const data = decode(objectAt(secret, 'data'), keys[type], place);
  if (data === undefined) throw unusable(`secret '${place}' has no key ${keys[type]}`);
  const pullSecret: PullSecret = { name: place, type, data };
  try {
    // One broken entry spoils the whole, as for the kubelet: else it would be found in the middle of a scan.
    for (const entry of readPullSecret(pullSecret)) readAuthEntry(entry);
  } catch (cause) {
    throw unusable(cause instanceof Error ? cause.message : `secret '${place}' cannot be read`);
  }
  return pullSecret;
}
