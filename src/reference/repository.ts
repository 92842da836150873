import { ReferenceError } from './errors.ts';

/** The host that serves repositories, and the path of one on it. */
export type Repository = {
  /** Host with optional port as the user spelled it, `docker.io` where none was written. */
  readonly registry: string;
  /** Path on the registry, e.g. `library/nginx`. Lower case. */
  readonly path: string;
};

/** What Docker means when no registry is written. Source: distribution/reference normalize.go. */
export const defaultRegistry = 'docker.io';
const officialPrefix = 'library/';

/** Longest repository path. Source: distribution/reference, RepositoryNameTotalLengthMax. */
const pathLengthMax = 255;

const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const hostPattern = new RegExp(
  `^(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);
const pathPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/**
 * A repository from the name part of a reference, normalised as Docker does: `nginx` is
 * `docker.io/library/nginx`; a first component is a host only with `.`, `:`, an upper-case letter, or as
 * `localhost`. Undefined where the text is no name. Source: distribution/reference `splitDockerDomain`.
 */
export function tryParseRepository(name: string): Repository | undefined {
  const { registry, path } = splitRegistry(name);
  if (path.length === 0 || path.length > pathLengthMax) return undefined;
  if (!hostPattern.test(registry) || !pathPattern.test(path)) return undefined;
  return { registry, path };
}

/** @throws ReferenceError `REPOSITORY_INVALID` */
export function parseRepository(name: string): Repository {
  const repository = tryParseRepository(name);
  if (repository === undefined) {
    throw new ReferenceError(
      'REPOSITORY_INVALID',
      `expected a repository, got ${JSON.stringify(name.slice(0, 300))}`,
      {
        hint: 'write [HOST[:PORT]/]PATH in lower case, without tag or digest, e.g. ghcr.io/kube-logging/fluentd',
      },
    );
  }
  return repository;
}

/** `docker.io/library/nginx`: the full name, for keys and requests, never where a user wrote a short one. */
export function repositoryName(repository: Repository): string {
  return `${repository.registry}/${repository.path}`;
}

function splitRegistry(name: string): Repository {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost =
    slash !== -1 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const written = isHost ? first : defaultRegistry;
  const remainder = isHost ? name.slice(slash + 1) : name;
  const registry = isDockerHub(written) ? defaultRegistry : written;
  const path =
    registry === defaultRegistry && !remainder.includes('/') ? officialPrefix + remainder : remainder;
  return { registry, path };
}

function isDockerHub(host: string): boolean {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' || host === defaultRegistry;
}
