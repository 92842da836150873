import { objectAt } from '../cluster/foreign-value.ts';
import type { RegistryAccess } from '../registry/open-registry-for.ts';
import { type AccessPlaces, decode, readSecret, unusable } from './access-secrets.ts';

const proxySchemes: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:']);

/** The user's authority is added to those trusted anyway. Legacy keys are those of Flux before v1. */
export async function readCertificates(name: string, places: AccessPlaces): Promise<RegistryAccess['tls']> {
  const place = `${places.namespace}/${name}`;
  const data = objectAt(await readSecret(name, places), 'data');
  const certificate = decode(data, 'tls.crt', place) ?? decode(data, 'certFile', place);
  const key = decode(data, 'tls.key', place) ?? decode(data, 'keyFile', place);
  const ca = decode(data, 'ca.crt', place) ?? decode(data, 'caFile', place);
  if (certificate === undefined && key === undefined && ca === undefined) {
    throw unusable(`secret '${place}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'`);
  }
  if (key === undefined && certificate !== undefined)
    throw unusable(`secret '${place}' contains 'tls.crt' but missing 'tls.key'`);
  if (certificate === undefined && key !== undefined)
    throw unusable(`secret '${place}' contains 'tls.key' but missing 'tls.crt'`);
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

/** @throws ReflectError `ACCESS_UNUSABLE` */
export async function readProxy(name: string, places: AccessPlaces): Promise<URL> {
  const place = `${places.namespace}/${name}`;
  const data = objectAt(await readSecret(name, places), 'data');
  const address = decode(data, 'address', place);
  if (address === undefined) {
    const problem = Object.hasOwn(data, 'address') ? 'proxy address is empty' : `key 'address' not found`;
    throw unusable(`secret '${place}': ${problem}`);
  }
  if (!URL.canParse(address)) {
    throw unusable(`secret '${place}': key 'address' is not the URL of a proxy`, 'write http://HOST:PORT');
  }
  const url = new URL(address);
  if (!proxySchemes.has(url.protocol)) {
    const schemes = 'proxy URL must use one of the supported schemes (http, https, socks5)';
    throw unusable(`secret '${place}': ${schemes}, got '${url.protocol.replace(/:$/, '')}'`);
  }
  const username = decode(data, 'username', place);
  if (username !== undefined) url.username = encodeURIComponent(username);
  const password = decode(data, 'password', place);
  if (password !== undefined) url.password = encodeURIComponent(password);
  return url;
}
