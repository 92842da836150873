import { tryParseReference } from '../reference/reference.ts';
import { defaultRegistry, type Repository, repositoryName } from '../reference/repository.ts';

/** How ggcr, and so Flux, calls Docker Hub. */
const defaultRegistryAlias = 'index.docker.io';

/** Of a repository's path. Source: go-containerregistry, `name.NewRepository`. */
const pathLengthMin = 2;

export type ReflectedImage = {
  readonly repository: Repository;
  /** With every implied part, as Flux publishes it: `index.docker.io/library/alpine`. */
  readonly canonicalName: string;
};

/**
 * The repository that `spec.image` names, or what is wrong with it, in Flux's words.
 * Source: image-reflector-controller, `registry.ParseImageReference`.
 */
export function parseReflectedImage(image: string): ReflectedImage | { readonly problem: string } {
  const [scheme, afterScheme] = image.split('://', 2);
  if (afterScheme !== undefined) {
    return { problem: `image '${image}' should not include URL scheme; remove '${scheme}://'` };
  }
  const reference = tryParseReference(image);
  if (
    reference === undefined ||
    isNoHostToFlux(reference.repository.registry) ||
    writtenPath(reference.name).length < pathLengthMin
  ) {
    return { problem: `could not parse reference: ${image}` };
  }
  if (reference.tag !== undefined || reference.digest !== undefined) {
    const rest = image.slice(reference.name.length);
    const extra = rest.slice(rest.indexOf(':') + 1).split(':', 1)[0];
    return { problem: `image '${image}' should not include a tag; remove ':${extra}'` };
  }
  return { repository: reference.repository, canonicalName: canonicalNameOf(reference.repository) };
}

/**
 * Docker takes `UPPER/x` for a host with a path; to Flux all of it is a path, which must be lower case.
 * Source: go-containerregistry, `name.NewRepository`, which takes `localhost` for a host from 0.22 on.
 */
function isNoHostToFlux(registry: string): boolean {
  return !/[.:]/.test(registry) && registry !== 'localhost';
}

/** Without the host, and without what is implied. */
function writtenPath(name: string): string {
  const [first = '', ...rest] = name.split('/');
  return rest.length > 0 && !isNoHostToFlux(first) ? rest.join('/') : name;
}

function canonicalNameOf(repository: Repository): string {
  return repository.registry === defaultRegistry
    ? `${defaultRegistryAlias}/${repository.path}`
    : repositoryName(repository);
}
