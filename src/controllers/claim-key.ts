import type { ReflectedObject } from '../api/api.ts';
import type { ImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { repositoryName } from '../reference/repository.ts';
import { parseReflectedImage } from '../reflect/reflected-image.ts';
import { type ListKey, listKeyOf } from '../reflect/tag-list.ts';
import { keyOf, type ObjectStore } from './object-store.ts';
import { repositoryKeyOf } from './worth-a-look.ts';

/**
 * Under which key an object is worked on. ImageRepositories with one list of tags share its key, so that no two
 * replicas scan it at once; ImagePolicies follow their repository. What has none goes by the name of the
 * repository that it lacks, or by its own.
 */
export function makeClaimKeys(
  repositories: Pick<ObjectStore<ImageRepository>, 'get'>,
): (object: ReflectedObject) => string {
  // Asked before each write, and an object never changes: a later version of it is another.
  const known = new WeakMap<ImageRepository, string>();

  function keyOfRepository(object: ImageRepository): string {
    const list = known.has(object) ? undefined : listOf(object);
    const key = known.get(object) ?? (list === undefined ? keyOf(object) : repositoryName(list));
    known.set(object, key);
    return key;
  }

  return (object) => {
    if (object.kind === 'ImageRepository') return keyOfRepository(object);
    const name = repositoryKeyOf(object) ?? keyOf(object);
    const repository = repositories.get(name);
    return repository === undefined ? name : keyOfRepository(repository);
  };
}

/** The list of tags an ImageRepository looks at; undefined where its spec names none. */
function listOf({ spec, meta }: ImageRepository): ListKey | undefined {
  if (spec instanceof FieldError) return undefined;
  const image = parseReflectedImage(spec.image);
  return 'problem' in image ? undefined : listKeyOf(image.repository, spec, meta);
}
