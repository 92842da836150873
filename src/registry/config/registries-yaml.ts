import { join } from 'node:path';
import type { Repository } from '../../reference/repository.ts';
import { tryParseRepository } from '../../reference/repository.ts';
import type { Credential } from '../credential.ts';
import type { TlsOptions } from '../endpoint.ts';
import { readAuthEntry } from './auth-entry.ts';
import { readCertificate, readCertificatePair } from './certificate-folder.ts';
import { readBoolean, readString, readStrings, readTable, type Table, unreadable } from './config-table.ts';
import { type Place, parseApiUrl, registryOf, registryPlace } from './place.ts';
import { hostKey, isLoopbackHost, showHost } from './registry-host.ts';

/** What k3s and RKE2 read from `/etc/rancher/k3s/registries.yaml`. */
export type RegistriesYaml = {
  /** By host as {@link hostKey} spells it; `*` is for every other one. */
  readonly mirrors: ReadonlyMap<string, RancherMirror>;
  readonly configs: ReadonlyMap<string, { readonly table: Table; readonly place: string }>;
  /** Paths in the file are below it. */
  readonly systemRoot: string;
};

type RancherMirror = {
  readonly apiUrls: readonly URL[];
  readonly rewrites: readonly Rewrite[];
  readonly place: string;
};

type Rewrite = (path: string) => string | undefined;

/**
 * Source: k3s documentation, "Private Registry Configuration"; k3s `pkg/agent/containerd/config.go`.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function parseRegistriesYaml(
  text: string,
  path: string,
  systemRoot: string,
): Promise<RegistriesYaml> {
  const document = readTable(await parseYaml(text, path), path);
  const mirrors = new Map<string, RancherMirror>();
  for (const [host, value] of Object.entries(readTable(document['mirrors'], `${path}: mirrors`))) {
    const place = `${path}: mirrors[${showHost(host)}]`;
    mirrors.set(hostKey(host), await readMirror(readTable(value, place), place));
  }
  const configs = new Map<string, { table: Table; place: string }>();
  for (const [host, value] of Object.entries(readTable(document['configs'], `${path}: configs`))) {
    const place = `${path}: configs[${showHost(host)}]`;
    configs.set(hostKey(host), { table: readTable(value, place), place });
  }
  return { mirrors, configs, systemRoot };
}

/** The mirrors for a repository, then its registry; undefined where the file says nothing of its host. */
export async function placesOfRegistriesYaml(
  yaml: RegistriesYaml,
  repository: Repository,
): Promise<readonly Place[] | undefined> {
  const host = hostKey(repository.registry);
  const mirror = yaml.mirrors.get(host) ?? yaml.mirrors.get('*');
  if (mirror === undefined && !yaml.configs.has(host)) return undefined;
  const places = (mirror?.apiUrls ?? []).map(
    (apiUrl): Place => ({
      repository: rewriteRepository(mirror, registryOf(apiUrl), repository),
      kind: 'mirror',
      apiUrl,
      upstream: repository.registry,
      asked: 'all',
      insecure: false,
    }),
  );
  return Promise.all([...places, registryPlace(repository)].map((place) => withTls(yaml, place)));
}

/** The login of `configs.HOST.auth`, or undefined. */
export function findRegistriesYamlCredential(yaml: RegistriesYaml, registry: string): Credential | undefined {
  // Not `*`: a login for every host in the world is a login given away.
  const config = yaml.configs.get(hostKey(registry));
  const place = `${config?.place}.auth`;
  const auth = config?.table['auth'];
  if (auth === undefined || auth === null) return undefined;
  const { identity_token: identitytoken, ...rest } = readTable(auth, place);
  return readAuthEntry({ place, host: hostKey(registry), path: '', value: { ...rest, identitytoken } });
}

async function withTls(yaml: RegistriesYaml, place: Place): Promise<Place> {
  const config = yaml.configs.get(hostKey(place.repository.registry)) ?? yaml.configs.get('*');
  if (config === undefined || config.table['tls'] === undefined) return place;
  return {
    ...place,
    tls: await readTls(readTable(config.table['tls'], `${config.place}.tls`), config.place, yaml.systemRoot),
  };
}

async function readTls(table: Table, configPlace: string, systemRoot: string): Promise<TlsOptions> {
  const read = (key: string): string => {
    const path = readString(table[key], `${configPlace}.tls.${key}`);
    return path === '' ? '' : join(systemRoot, path);
  };
  const [ca, certificate, key] = [read('ca_file'), read('cert_file'), read('key_file')];
  if ((certificate === '') !== (key === ''))
    throw unreadable(`${configPlace}.tls`, 'needs both cert_file and key_file');
  return {
    ...(ca === '' ? {} : { ca: [await readCertificate(ca)] }),
    ...(certificate === '' ? {} : await readCertificatePair(certificate, key)),
    ...(readBoolean(table['insecure_skip_verify'], `${configPlace}.tls.insecure_skip_verify`)
      ? { skipVerify: true }
      : {}),
  };
}

async function readMirror(table: Table, place: string): Promise<RancherMirror> {
  const endpoints = readStrings(table['endpoint'], `${place}.endpoint`);
  const rewrites = Object.entries(readTable(table['rewrite'], `${place}.rewrite`));
  return {
    // An endpoint with a path of its own is the root of the API; one without has it at /v2.
    apiUrls: endpoints.map((endpoint, index) =>
      parseApiUrl(withScheme(endpoint), hasPath(endpoint), `${place}.endpoint[${index}]`),
    ),
    rewrites: await Promise.all(
      rewrites.map(([pattern, replacement]) =>
        readRewrite(pattern, replacement, `${place}.rewrite[${JSON.stringify(pattern)}]`),
      ),
    ),
    place,
  };
}

/** As in k3s, a loopback host without a scheme is a plain one. */
function withScheme(endpoint: string): string {
  if (endpoint.includes('://')) return endpoint;
  return `${isLoopbackHost(endpoint.split('/', 1)[0] ?? '') ? 'http' : 'https'}://${endpoint}`;
}

function hasPath(endpoint: string): boolean {
  return /^[^/]+\/+[^/]/.test(endpoint.replace(/^[a-z]+:\/\//i, ''));
}

/** A Go regular expression: re2js keeps Go's syntax, and linear time on a hostile pattern. */
async function readRewrite(pattern: string, value: unknown, place: string): Promise<Rewrite> {
  const replacement = readString(value, place);
  const { RE2JS } = await import('re2js');
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    throw unreadable(place, 'is no regular expression', 'write it in the syntax of Go');
  }
  return (path) => {
    const matcher = compiled.matcher(path);
    if (!matcher.find()) return undefined;
    try {
      return matcher.replaceAll(replacement);
    } catch {
      throw unreadable(place, 'names a group that its expression does not have');
    }
  };
}

function rewriteRepository(
  mirror: RancherMirror | undefined,
  registry: string,
  repository: Repository,
): Repository {
  for (const rewrite of mirror?.rewrites ?? []) {
    const path = rewrite(repository.path);
    if (path === undefined) continue;
    // Only the path may change: a rewrite cannot lead to another host.
    if (tryParseRepository(`registry.invalid/${path}`) === undefined) {
      throw unreadable(
        `${mirror?.place}.rewrite`,
        `makes ${JSON.stringify(path)} of ${repository.path}, which is no repository`,
      );
    }
    return { registry, path };
  }
  return { registry, path: repository.path };
}

async function parseYaml(text: string, path: string): Promise<unknown> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const [error] = document.errors;
  // The parser's own message quotes the line, which may hold a password.
  if (error !== undefined) {
    throw unreadable(path, `is not YAML at line ${error.linePos?.[0].line ?? 1}`, 'correct the line');
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw unreadable(path, 'has aliases that repeat too much', 'write it without aliases');
  }
}
