import type { Repository } from '../../reference/repository.ts';
import type { Endpoint, TlsOptions } from '../endpoint.ts';
import { unreadable } from './config-table.ts';
import { apiHost, hostKey } from './registry-host.ts';

/**
 * An endpoint as one configuration file describes it. What the file leaves open (certificates, a scheme for
 * a loopback host, `--insecure`) is filled in from the other sources.
 */
export type Place = {
  readonly repository: Repository;
  readonly kind: Endpoint['kind'];
  /** Absent where the file names a host alone: then the scheme depends on the host, and the path is `/v2/`. */
  readonly apiUrl?: URL;
  readonly upstream?: string;
  readonly asked: 'all' | 'digest-only' | 'tag-only';
  /** TLS without verification, and plain HTTP, are allowed. */
  readonly insecure: boolean;
  /** Absent where the file says nothing of TLS. */
  readonly tls?: TlsOptions;
};

/** What a repository is asked at where no configuration names it. */
export function registryPlace(repository: Repository): Place {
  return { repository, kind: 'registry', asked: 'all', insecure: false };
}

/**
 * The root of the API at a mirror's address. `/v2` is put below the address unless it ends so already, or
 * `overridesPath` says that the address is the root itself. Source: containerd `parseHostConfig`.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export function parseApiUrl(address: string, overridesPath: boolean, place: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === '') {
    throw unreadable(place, 'must be the URL of a registry', 'write https://HOST[:PORT][/PATH]');
  }
  if (url.username !== '' || url.password !== '') {
    // Shown with every request that fails; and a login in a file of mirrors escapes those who look for it.
    throw unreadable(place, 'holds a user name or password', 'log in with docker, podman or skopeo instead');
  }
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = `${overridesPath || path.endsWith('/v2') ? path : `${path}/v2`}/`;
  url.search = '';
  url.hash = '';
  return url;
}

/** The registry that credentials and certificates for an address are kept under. */
export function registryOf(apiUrl: URL): string {
  return hostKey(apiUrl.host);
}

/** `https://HOST/v2/`, at Docker Hub's own API host for `docker.io`. */
export function defaultApiUrl(registry: string, scheme: 'http' | 'https'): URL {
  return new URL(`${scheme}://${apiHost(registry)}/v2/`);
}
