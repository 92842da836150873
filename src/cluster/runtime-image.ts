import { type Digest, tryParseDigest } from '../reference/digest.ts';
import { type Repository, tryParseRepository } from '../reference/repository.ts';

/**
 * What a container runtime says a container runs, from `status.containerStatuses[].imageID`. It is not one
 * thing: containerd gives the digest the tag had in the registry (of an index or of a manifest), Docker the
 * same behind `docker-pullable://`, and both give the bare config digest where the image came from a file.
 */
export type RuntimeImage =
  /** The digest of a manifest or index, under some repository, which need not be the one the pod asked for. */
  | { readonly kind: 'repository-digest'; readonly repository: Repository; readonly digest: Digest }
  /** The digest of the config: the image was loaded from a file, so no registry ever named it. */
  | { readonly kind: 'image-id'; readonly digest: Digest }
  | { readonly kind: 'unreadable'; readonly text: string };

const schemePattern = /^[a-z][a-z0-9+.-]*:\/\//;
const imageIdPattern = /^[0-9a-f]{64}$/;

/** Undefined for the empty text the kubelet writes while nothing was started. */
export function parseRuntimeImage(text: string): RuntimeImage | undefined {
  const bare = text.replace(schemePattern, '');
  if (bare === '') return undefined;
  const id = tryParseDigest(imageIdPattern.test(bare) ? `sha256:${bare}` : bare);
  if (id !== undefined) return { kind: 'image-id', digest: id };
  return parseRepositoryDigest(bare) ?? { kind: 'unreadable', text: bare.slice(0, 200) };
}

/** `name@digest`, or `name:tag@digest`, as runtimes list them. Undefined for anything else. */
export function parseRepositoryDigest(
  text: string,
):
  | { readonly kind: 'repository-digest'; readonly repository: Repository; readonly digest: Digest }
  | undefined {
  const at = text.indexOf('@');
  if (at === -1) return undefined;
  const digest = tryParseDigest(text.slice(at + 1));
  const name = text.slice(0, at).replace(/:[^:/]*$/, '');
  const repository = tryParseRepository(name);
  if (digest === undefined || repository === undefined) return undefined;
  return { kind: 'repository-digest', repository, digest };
}
