import { join } from 'node:path';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { Endpoint, EndpointSource, TlsOptions } from '../endpoint.ts';
import { readCertificateFolder } from './certificate-folder.ts';
import { containerdFolderNames, findHostsToml } from './containerd-hosts.ts';
import { RegistryConfigurationError } from './errors.ts';
import { placesOfHostsToml } from './hosts-toml.ts';
import { defaultApiUrl, type Place, registryPlace } from './place.ts';
import type { ConfigurationProblems } from './problems.ts';
import { findRegistryTable, type RegistryTable, remapRepository } from './registries-conf.ts';
import { loadRegistryTables } from './registries-conf-files.ts';
import { placesOfRegistriesYaml, type RegistriesYaml } from './registries-yaml.ts';
import { hostKey, isLoopbackHost } from './registry-host.ts';

export type EndpointSettings = {
  readonly homeDirectory: string;
  readonly systemRoot: string;
  /** registries.conf as the user named it, by option or environment. */
  readonly registriesConf: string | undefined;
  /** k3s's registries.yaml, where the user named one. */
  readonly loadRegistriesYaml: () => Promise<RegistriesYaml | undefined>;
  readonly insecureHosts: ReadonlySet<string>;
  readonly problems: ConfigurationProblems;
};

/**
 * Where a repository is asked for. Of the sources that name its host the first decides alone, nothing is
 * merged: a registries.yaml that was named, then registries.conf, then containerd's hosts.toml.
 * Certificates of `certs.d` and `--insecure` hold for every endpoint, whoever named it.
 */
export function makeEndpointSource(settings: EndpointSettings): EndpointSource {
  const loadTables = once(() =>
    loadRegistryTables(
      {
        named: settings.registriesConf,
        userFolder: join(settings.homeDirectory, '.config/containers'),
        systemFolder: join(settings.systemRoot, 'etc/containers'),
      },
      settings.problems,
    ),
  );
  const containerdRoot = join(settings.systemRoot, 'etc/containerd/certs.d');
  const loadHostsToml = onceForEach((host) =>
    findHostsToml(containerdRoot, host, settings.systemRoot, settings.problems),
  );
  const loadTls = onceForEach((host) => loadTlsOptions(host, settings));

  async function listPlaces(repository: Repository): Promise<readonly Place[]> {
    const yaml = await settings.loadRegistriesYaml();
    const yamlPlaces = yaml && (await placesOfRegistriesYaml(yaml, repository));
    if (yamlPlaces !== undefined) return yamlPlaces;
    const table = findRegistryTable(await loadTables(), repository);
    if (table !== undefined) return placesOfTable(table, repository);
    const hosts = await loadHostsToml(hostKey(repository.registry));
    return hosts === undefined ? [registryPlace(repository)] : placesOfHostsToml(hosts, repository);
  }

  return {
    async listEndpoints(repository) {
      const places = await listPlaces(repository);
      const endpoints = await Promise.all(
        places.map(async (place) => {
          const tls = place.tls ?? (await loadTls(hostKey(place.repository.registry)));
          return makeEndpoint(place, tls, settings.insecureHosts);
        }),
      );
      return withoutRepeats(endpoints);
    },
  };
}

function placesOfTable(table: RegistryTable, repository: Repository): readonly Place[] {
  if (table.blocked) {
    throw new RegistryConfigurationError(
      'REGISTRY_BLOCKED',
      `${repositoryName(repository)} is blocked by ${table.place}`,
      { hint: 'use an image from another registry, or have the line `blocked = true` removed' },
    );
  }
  return remapRepository(table, repository);
}

function makeEndpoint(place: Place, tls: TlsOptions, insecureHosts: ReadonlySet<string>): Endpoint {
  const { repository, kind, asked, upstream } = place;
  const isLoopback = isLoopbackHost(repository.registry);
  const isInsecure = place.insecure || insecureHosts.has(hostKey(repository.registry));
  // As Docker does, a loopback registry is taken for a plain one; it is asked over TLS where that is set up.
  const isPlain = isLoopback && !isInsecure && Object.keys(tls).length === 0;
  const apiUrl = place.apiUrl ?? defaultApiUrl(repository.registry, isPlain ? 'http' : 'https');
  const allowsPlain = apiUrl.protocol === 'https:' && (isInsecure || isLoopback);
  return {
    apiUrl,
    ...(allowsPlain ? { plainApiUrl: withScheme(apiUrl, 'http:') } : {}),
    repository,
    kind,
    ...(upstream === undefined ? {} : { upstream }),
    resolvesTags: asked !== 'digest-only',
    servesDigests: asked !== 'tag-only',
    tls: isInsecure ? { ...tls, skipVerify: true } : tls,
  };
}

/** A mirror that is the registry itself would only be asked twice. */
function withoutRepeats(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const keyOf = (endpoint: Endpoint): string => `${endpoint.apiUrl.href} ${endpoint.repository.path}`;
  const registry = endpoints.at(-1);
  return endpoints.filter(
    (endpoint, index) =>
      endpoint === registry ||
      (keyOf(endpoint) !== (registry && keyOf(registry)) &&
        endpoints.findIndex((other) => keyOf(other) === keyOf(endpoint)) === index),
  );
}

/** The certificates for a host: of the first `certs.d` that has a folder for it. */
async function loadTlsOptions(host: string, settings: EndpointSettings): Promise<TlsOptions> {
  const { homeDirectory, systemRoot, problems } = settings;
  const folders = [
    join(homeDirectory, '.config/containers/certs.d', host),
    join(systemRoot, 'etc/containers/certs.d', host),
    join(systemRoot, 'etc/docker/certs.d', host),
    ...containerdFolderNames(host).map((name) => join(systemRoot, 'etc/containerd/certs.d', name)),
  ];
  for (const folder of folders) {
    const tls = await readCertificateFolder(folder, problems);
    if (tls !== undefined) return tls;
  }
  return {};
}

function withScheme(url: URL, protocol: 'http:' | 'https:'): URL {
  const other = new URL(url);
  other.protocol = protocol;
  return other;
}

function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

function onceForEach<Value>(load: (key: string) => Promise<Value>): (key: string) => Promise<Value> {
  const loaded = new Map<string, Promise<Value>>();
  return (key) => {
    const known = loaded.get(key) ?? load(key);
    loaded.set(key, known);
    return known;
  };
}
