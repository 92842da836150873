import type { ImageRepositorySpec } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { type ForeignObject, nameAt, objectAt, objectsAt, textAt } from '../cluster/foreign-value.ts';
import type { KubernetesClient, KubernetesObject, ResourceKind } from '../cluster/kubernetes-client.ts';
import { type PullSecret, readPullSecret } from '../registry/config/pull-secret.ts';
import type { RegistryAccess } from '../registry/open-registry-for.ts';
import { ReflectError } from './errors.ts';

const secretKind: ResourceKind = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
const serviceAccountKind: ResourceKind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
};

/** Pull secrets of one ServiceAccount: more are passed over. */
const pullSecretsMax = 50;

const proxySchemes: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:']);

/** Where an ImageRepository's secrets are read. */
export type AccessPlaces = {
  readonly client: Pick<KubernetesClient, 'read'>;
  readonly namespace: string;
  /** For objects that name no ServiceAccount: `--default-service-account`. */
  readonly defaultServiceAccount?: string | undefined;
  readonly signal: AbortSignal;
};

/**
 * Reads what an ImageRepository says of its registry: pull secrets (its own before its ServiceAccount's),
 * certificates, proxy.
 * @throws ReflectError `ACCESS_UNUSABLE`; ClusterError
 */
export async function readRegistryAccess(
  spec: ImageRepositorySpec,
  places: AccessPlaces,
): Promise<RegistryAccess> {
  if (spec.provider !== 'generic') {
    throw unusable(
      `provider '${spec.provider}' is not supported`,
      'use secretRef or serviceAccountName instead',
    );
  }
  const own = spec.secretName === undefined ? [] : [await readOwnSecret(spec.secretName, places)];
  const account = spec.serviceAccountName ?? places.defaultServiceAccount;
  const fromAccount = account === undefined ? [] : await readAccountSecrets(account, places);
  return {
    pullSecrets: [...own, ...fromAccount],
    tls: spec.certSecretName === undefined ? {} : await readCertificates(spec.certSecretName, places),
    proxy: spec.proxySecretName === undefined ? undefined : await readProxy(spec.proxySecretName, places),
    allowsPlainHttp: spec.insecure,
  };
}

async function readOwnSecret(name: string, places: AccessPlaces): Promise<PullSecret> {
  const secret = await readSecret(name, places, `secrets "${name}" not found`);
  return pullSecretOf(secret, `${places.namespace}/${name}`);
}

/** One that is not there is passed over, as the kubelet does. */
async function readAccountSecrets(name: string, places: AccessPlaces): Promise<readonly PullSecret[]> {
  const { client, namespace, signal } = places;
  const account = await client.read(serviceAccountKind, { namespace, name }, signal);
  if (account === undefined) throw unusable(`serviceaccount '${namespace}/${name}' not found`);
  const found: PullSecret[] = [];
  for (const reference of objectsAt(account, 'imagePullSecrets').slice(0, pullSecretsMax)) {
    const secretName = nameAt(reference, 'name');
    const secret = secretName === undefined ? undefined : await findSecret(secretName, places);
    if (secret !== undefined) found.push(pullSecretOf(secret, `${namespace}/${secretName}`));
  }
  return found;
}

function pullSecretOf(secret: KubernetesObject, place: string): PullSecret {
  const type = textAt(secret, 'type') ?? 'Opaque';
  const keys = {
    'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
    'kubernetes.io/dockercfg': '.dockercfg',
  };
  if (type !== 'kubernetes.io/dockerconfigjson' && type !== 'kubernetes.io/dockercfg') {
    throw unusable(
      `secret '${place}' has type ${type}, which holds no registry credentials`,
      'make it with: kubectl create secret docker-registry',
    );
  }
  const data = decode(objectAt(secret, 'data'), keys[type]);
  if (data === undefined) throw unusable(`secret '${place}' has no key ${keys[type]}`);
  const pullSecret: PullSecret = { name: place, type, data };
  try {
    readPullSecret(pullSecret);
  } catch (cause) {
    throw unusable(cause instanceof Error ? cause.message : `secret '${place}' cannot be read`);
  }
  return pullSecret;
}

/** The user's authority is added to those trusted anyway. Legacy keys are those of Flux before v1. */
async function readCertificates(name: string, places: AccessPlaces): Promise<RegistryAccess['tls']> {
  const place = `${places.namespace}/${name}`;
  const data = objectAt(await readSecret(name, places), 'data');
  const certificate = decode(data, 'tls.crt') ?? decode(data, 'certFile');
  const key = decode(data, 'tls.key') ?? decode(data, 'keyFile');
  const ca = decode(data, 'ca.crt') ?? decode(data, 'caFile');
  if (certificate === undefined && key === undefined && ca === undefined) {
    throw unusable(`secret '${place}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`);
  }
  if ((certificate === undefined) !== (key === undefined)) {
    throw unusable(`secret '${place}' must contain both 'tls.crt' and 'tls.key', or neither`);
  }
  await checkCertificates({ certificate, key, ca }, place);
  return {
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
  };
}

async function checkCertificates(
  given: {
    readonly certificate: string | undefined;
    readonly key: string | undefined;
    readonly ca: string | undefined;
  },
  place: string,
): Promise<void> {
  const { createSecureContext } = await import('node:tls');
  const { X509Certificate } = await import('node:crypto');
  try {
    if (given.ca !== undefined) new X509Certificate(given.ca);
  } catch {
    throw unusable('failed to parse CA certificate', `look at ca.crt of secret '${place}'`);
  }
  try {
    createSecureContext({ cert: given.certificate, key: given.key });
  } catch {
    // The error may quote what stands there.
    throw unusable(
      `secret '${place}' holds a certificate or key that cannot be used`,
      'each must be PEM, and fit',
    );
  }
}

async function readProxy(name: string, places: AccessPlaces): Promise<URL> {
  const place = `${places.namespace}/${name}`;
  const data = objectAt(await readSecret(name, places), 'data');
  const address = decode(data, 'address');
  if (address === undefined) throw unusable(`secret '${place}': key 'address' not found`);
  if (!URL.canParse(address) || !proxySchemes.has(new URL(address).protocol)) {
    throw unusable(`secret '${place}': key 'address' is not the URL of a proxy`, 'write http://HOST:PORT');
  }
  const url = new URL(address);
  const username = decode(data, 'username');
  if (username !== undefined) url.username = encodeURIComponent(username);
  const password = decode(data, 'password');
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url;
}

/** One by name; where it is not there, in the words that Flux has for it. */
async function readSecret(
  name: string,
  places: AccessPlaces,
  missing = `secret '${places.namespace}/${name}' not found`,
): Promise<KubernetesObject> {
  const secret = await findSecret(name, places);
  if (secret === undefined) throw unusable(missing);
  return secret;
}

async function findSecret(
  name: string,
  { client, namespace, signal }: AccessPlaces,
): Promise<KubernetesObject | undefined> {
  try {
    return await client.read(secretKind, { namespace, name }, signal);
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== 'CLUSTER_FORBIDDEN') throw error;
    throw unusable(`secret '${namespace}/${name}' may not be read: ${error.message}`);
  }
}

/** The text of a key of a Secret's data; undefined where it is absent or empty. */
function decode(data: ForeignObject, key: string): string | undefined {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof value !== 'string' || value === '') return undefined;
  return Buffer.from(value, 'base64').toString('utf8').trim() || undefined;
}

function unusable(message: string, hint?: string): ReflectError {
  const said = `failed to configure authentication options: ${message}`;
  return new ReflectError('ACCESS_UNUSABLE', said, hint === undefined ? {} : { hint });
}
