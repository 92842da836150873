import { join } from 'node:path';
import type { TlsOptions } from '../endpoint.ts';
import { listConfigFolder, readConfigFile } from './config-file.ts';
import { RegistryConfigurationError } from './errors.ts';
import type { ConfigurationProblems } from './problems.ts';

/**
 * The TLS settings of a `certs.d/HOST:PORT` folder, or undefined where there is no such folder: `*.crt` are
 * CAs trusted besides the system's, `NAME.cert` and `NAME.key` a client certificate and its key.
 * Source: containers-certs.d(5), and the same layout of Docker and containerd.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function readCertificateFolder(
  folder: string,
  problems: ConfigurationProblems,
): Promise<TlsOptions | undefined> {
  const names = await listConfigFolder(folder, 'REGISTRIES_UNREADABLE');
  if (names === undefined) return undefined;
  const paths = names.map((name) => join(folder, name));
  const ca = await Promise.all(paths.filter((path) => path.endsWith('.crt')).map(readCertificate));
  const client = await readClientCertificate(paths, problems);
  return { ...(ca.length === 0 ? {} : { ca }), ...client };
}

/** @throws RegistryConfigurationError `REGISTRIES_UNREADABLE` where the file is absent or holds no certificate */
export async function readCertificate(path: string): Promise<string> {
  return readPem(path, 'CERTIFICATE');
}

/** A client certificate and its key, each in its file or both in one. */
export async function readCertificatePair(
  certificatePath: string,
  keyPath: string,
): Promise<Required<Pick<TlsOptions, 'certificate' | 'key'>>> {
  const [certificate, key] = await Promise.all([
    readCertificate(certificatePath),
    readPem(keyPath, 'PRIVATE KEY'),
  ]);
  return { certificate, key };
}

async function readClientCertificate(
  paths: readonly string[],
  problems: ConfigurationProblems,
): Promise<TlsOptions> {
  const certificates = paths.filter((path) => path.endsWith('.cert'));
  const keys = paths.filter((path) => path.endsWith('.key'));
  for (const [path, other] of [
    ...certificates.map((path) => [path, path.replace(/cert$/, 'key')] as const),
    ...keys.map((path) => [path, path.replace(/key$/, 'cert')] as const),
  ]) {
    if (!paths.includes(other)) {
      throw new RegistryConfigurationError('REGISTRIES_UNREADABLE', `${path} has no ${other} beside it`, {
        hint: 'a client certificate ends in .cert, its key in .key; a CA ends in .crt',
      });
    }
  }
  const [first, second] = certificates;
  if (first === undefined) return {};
  if (second !== undefined) {
    problems.report(`${second} is not used: one client certificate for each host`, `keep ${first} alone`);
  }
  return readCertificatePair(first, first.replace(/cert$/, 'key'));
}

async function readPem(path: string, label: 'CERTIFICATE' | 'PRIVATE KEY'): Promise<string> {
  const text = await readConfigFile(path, 'REGISTRIES_UNREADABLE');
  if (text === undefined) {
    throw new RegistryConfigurationError('REGISTRIES_UNREADABLE', `there is no file ${path}`, {
      hint: 'correct the path in the configuration that names it',
    });
  }
  if (!new RegExp(`^-----BEGIN (?:[A-Z]+ )?${label}-----$`, 'm').test(text.replaceAll('\r', ''))) {
    throw new RegistryConfigurationError('REGISTRIES_UNREADABLE', `${path} holds no PEM ${label}`, {
      hint: `it must have a line -----BEGIN ${label}-----; convert DER with openssl`,
    });
  }
  return text;
}
