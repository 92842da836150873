import { isIPv4 } from 'node:net';
import { defaultRegistry, type Repository } from '../../reference/repository.ts';

/** Docker Hub is one registry with three names. Source: distribution/reference; containers/image. */
const dockerHubNames: ReadonlySet<string> = new Set([
  defaultRegistry,
  'index.docker.io',
  'registry-1.docker.io',
]);

/** Where the API of `docker.io` is. */
const dockerHubApiHost = 'registry-1.docker.io';

/**
 * A host as configuration is keyed by: lower case, one name for Docker Hub. Two hosts are the same only if
 * these texts are equal: a test by prefix or substring would give `ghcr.io`'s token to `ghcr.io.evil.test`.
 */
export function hostKey(host: string): string {
  const lower = host.toLowerCase();
  return dockerHubNames.has(lower) ? defaultRegistry : lower;
}

/** The host and port that the API of a registry is asked at. */
export function apiHost(registry: string): string {
  return hostKey(registry) === defaultRegistry ? dockerHubApiHost : registry.toLowerCase();
}

/** `localhost`, 127.0.0.0/8 and `::1`, with or without a port: plain HTTP goes no further than this machine. */
export function isLoopbackHost(registry: string): boolean {
  const host = registry.toLowerCase().replace(/:\d+$/, '');
  return host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

/** The names that configuration may know a repository by, longest first: `host/a/b`, `host/a`, `host`. */
export function scopesOf(repository: Repository): readonly string[] {
  const host = hostKey(repository.registry);
  const parts = repository.path.split('/');
  return [...parts.map((_, index) => `${host}/${parts.slice(0, parts.length - index).join('/')}`), host];
}

/** A host or address for a message. What stands before an @ in it could be somebody's password. */
export function showHost(text: string): string {
  return JSON.stringify(text.slice(0, 300).replace(/^.*@/s, '…@'));
}
