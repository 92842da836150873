import { ClusterError } from '../cluster/errors.ts';
import type { ForeignObject } from '../cluster/foreign-value.ts';
import type { KubernetesClient, KubernetesObject, ResourceKind } from '../cluster/kubernetes-client.ts';
import { ReflectError } from './errors.ts';

export const secretKind: ResourceKind = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
export const serviceAccountKind: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};

/** What an object's way to its registry is read from. */
export type AccessSource = { readonly kind: 'Secret' | 'ServiceAccount'; readonly name: string };

/** Where an ImageRepository's secrets are read. */
export type AccessPlaces = {
  readonly client: Pick<KubernetesClient, 'read' | 'requestToken'>;
  readonly namespace: string;
  /** Whom objects with a cloud act as where they name nobody: `--default-service-account`. */
  readonly defaultServiceAccount?: string | undefined;
  /** `--feature-gates=ObjectLevelWorkloadIdentity=true` */
  readonly hasObjectIdentity: boolean;
  readonly signal: AbortSignal;
  /** Told of whatever is looked for, found or not. */
  readonly onLook?: (source: AccessSource) => void;
};

/** One by name. @throws ReflectError `ACCESS_UNUSABLE` where it is not there, in the words that Flux has for it */
export async function readSecret(
  name: string,
  places: AccessPlaces,
  missing = `secret '${places.namespace}/${name}' not found`,
): Promise<KubernetesObject> {
  const secret = await findSecret(name, places);
  if (secret === undefined) throw unusable(missing);
  return secret;
}

async function findSecret(name: string, places: AccessPlaces): Promise<KubernetesObject | undefined> {
  places.onLook?.({ kind: 'Secret', name });
  return readAllowed(secretKind, name, places);
}

/** @throws ReflectError `ACCESS_UNUSABLE` where it is not there */
export async function readServiceAccount(name: string, places: AccessPlaces): Promise<KubernetesObject> {
  places.onLook?.({ kind: 'ServiceAccount', name });
  const account = await readAllowed(serviceAccountKind, name, places);
  if (account === undefined) throw unusable(`serviceaccount '${places.namespace}/${name}' not found`);
  return account;
}

async function readAllowed(
  kind: ResourceKind,
  name: string,
  { client, namespace, signal }: AccessPlaces,
): Promise<KubernetesObject | undefined> {
  try {
    return await client.read(kind, { namespace, name }, signal);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== 'CLUSTER_FORBIDDEN') throw error;
    const what = `${kind.kind.toLowerCase()} '${namespace}/${name}'`;
    throw unusable(`${what} may not be read: ${error.message}`);
  }
}

/**
 * The text of a key of a Secret's data; undefined where it is absent or empty.
 * @throws ReflectError `ACCESS_UNUSABLE` where it is not base64, which names the key and nothing it holds
 */
export function decode(data: ForeignObject, key: string, place: string): string | undefined {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value)) {
    throw unusable(`secret '${place}': key '${key}' is not base64`);
  }
  return Buffer.from(value, 'base64').toString('utf8').trim() || undefined;
}

/** Word for word as Flux says it. */
export const unusablePrefix = 'failed to configure authentication options: ';

export function unusable(message: string, hint?: string, cause?: unknown): ReflectError {
  return new ReflectError('ACCESS_UNUSABLE', `${unusablePrefix}${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
