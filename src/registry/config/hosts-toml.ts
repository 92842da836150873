import { isAbsolute, join } from 'node:path';
import type { Repository } from '../../reference/repository.ts';
import type { TlsOptions } from '../endpoint.ts';
import { readCertificate, readCertificatePair } from './certificate-folder.ts';
import {
  parseToml,
  readBoolean,
  readString,
  readStrings,
  readTable,
  type Table,
  unreadable,
} from './config-table.ts';
import { type Place, parseApiUrl, registryOf } from './place.ts';
import type { ConfigurationProblems } from './problems.ts';
import { showHost } from './registry-host.ts';

/** A host of containerd's hosts.toml: a mirror, or the server. */
type ConfiguredHost = {
  readonly apiUrl: URL;
  readonly capabilities: ReadonlySet<string>;
  readonly tls: TlsOptions | undefined;
};

export type HostsToml = {
  /** In the order of the file, which is the order to ask. */
  readonly mirrors: readonly ConfiguredHost[];
  /** The registry itself; undefined where the file does not name it. */
  readonly server: ConfiguredHost | undefined;
};

type HostsTomlContext = {
  /** The folder of the file: paths in it are relative to it. */
  readonly folder: string;
  /** Absolute paths in the file are below it. */
  readonly systemRoot: string;
  readonly problems: ConfigurationProblems;
};

const defaultCapabilities: readonly string[] = ['pull', 'resolve', 'push'];

/**
 * Source: containerd docs/hosts.md.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function parseHostsToml(text: string, context: HostsTomlContext): Promise<HostsToml> {
  const path = join(context.folder, 'hosts.toml');
  const document = await parseToml(text, path);
  const hosts = Object.entries(readTable(document['host'], `${path}: host`));
  const mirrors = await Promise.all(
    hosts.map(([address, value]) => {
      const place = `${path}: host.${showHost(address)}`;
      return readHost(address, readTable(value, place), place, context);
    }),
  );
  const server = readString(document['server'], `${path}: server`);
  return {
    mirrors,
    server: server === '' ? undefined : await readHost(server, document, `${path}: server`, context),
  };
}

/** Where containerd would ask for a repository: each mirror by the repository's own path, then the server. */
export function placesOfHostsToml(hosts: HostsToml, repository: Repository): readonly Place[] {
  const server = hosts.server;
  return [
    ...hosts.mirrors.filter(isForReading).map((mirror) => ({
      ...placeOf(mirror, repository),
      kind: 'mirror' as const,
      upstream: repository.registry,
    })),
    server === undefined
      ? { repository, kind: 'registry', asked: 'all', insecure: false }
      : { ...placeOf(server, repository), kind: 'registry' },
  ];
}

function placeOf(host: ConfiguredHost, repository: Repository): Omit<Place, 'kind'> {
  const { pull, resolve } = {
    pull: host.capabilities.has('pull'),
    resolve: host.capabilities.has('resolve'),
  };
  return {
    repository: { registry: registryOf(host.apiUrl), path: repository.path },
    apiUrl: host.apiUrl,
    asked: pull === resolve ? 'all' : pull ? 'digest-only' : 'tag-only',
    insecure: false,
    ...(host.tls === undefined ? {} : { tls: host.tls }),
  };
}

function isForReading(host: ConfiguredHost): boolean {
  return host.capabilities.has('pull') || host.capabilities.has('resolve');
}

async function readHost(
  address: string,
  table: Table,
  place: string,
  context: HostsTomlContext,
): Promise<ConfiguredHost> {
  for (const key of ['header', 'dial_timeout']) {
    if (table[key] !== undefined) {
      context.problems.report(`${place}.${key} is not used`, `expect requests without it, or remove it`);
    }
  }
  const url = address.includes('://') ? address : `https://${address}`;
  return {
    apiUrl: parseApiUrl(url, readBoolean(table['override_path'], `${place}.override_path`), place),
    capabilities: readCapabilities(table['capabilities'], `${place}.capabilities`),
    tls: await readTls(table, place, context),
  };
}

function readCapabilities(value: unknown, place: string): ReadonlySet<string> {
  const capabilities = readStrings(value, place).map((capability) => capability.toLowerCase());
  for (const capability of capabilities) {
    if (!defaultCapabilities.includes(capability)) {
      throw unreadable(place, `holds ${JSON.stringify(capability)}`, 'write some of pull, resolve, push');
    }
  }
  return new Set(capabilities.length === 0 ? defaultCapabilities : capabilities);
}

async function readTls(
  table: Table,
  place: string,
  context: HostsTomlContext,
): Promise<TlsOptions | undefined> {
  const { ca: caValue, client: clientValue, skip_verify: skipValue } = table;
  if (caValue === undefined && clientValue === undefined && skipValue === undefined) return undefined;
  const locate = (path: string): string =>
    isAbsolute(path) ? join(context.systemRoot, path) : join(context.folder, path);
  const ca = await Promise.all(
    readStrings(caValue, `${place}.ca`).map((path) => readCertificate(locate(path))),
  );
  const pair = readClientPair(clientValue, `${place}.client`, context.problems)?.map(locate);
  const client = pair === undefined ? {} : await readCertificatePair(pair[0] ?? '', pair[1] ?? pair[0] ?? '');
  return {
    ...(ca.length === 0 ? {} : { ca }),
    ...client,
    ...(readBoolean(skipValue, `${place}.skip_verify`) ? { skipVerify: true } : {}),
  };
}

/** `"both.pem"`, `["both.pem"]` or `[["client.cert", "client.key"]]`. */
function readClientPair(
  value: unknown,
  place: string,
  problems: ConfigurationProblems,
): readonly string[] | undefined {
  const entries: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const [first, ...others] = entries.map((entry, index) => readStrings(entry, `${place}[${index}]`));
  if (first === undefined) return undefined;
  if (first.length === 0 || first.length > 2) throw unreadable(place, 'must hold a file, or a pair of files');
  if (others.length > 0) {
    problems.report(`${place} holds several client certificates`, 'the first is used; remove the others');
  }
  return first;
}
