import { imageRepositories } from '../api/api.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { ClusterError } from '../cluster/errors.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';

/** Edits within the moment that a write takes: more is a fight, and to be begun anew. */
const editsMax = 5;

/**
 * Writes what came of an ImageRepository as it was, also where somebody labelled or annotated it meanwhile: else one
 * that is edited more often than a scan takes would be scanned again and again, and never published. Its annotations
 * stay those that were seen, so that a request which came meanwhile is not answered; it is looked at again for that.
 * @throws ClusterError `CLUSTER_CONFLICT` where its spec or status is another by now; whatever `write` throws
 */
export async function writeDespiteEdits(
  term: Pick<Term, 'client' | 'mayWrite' | 'wakeRepository'>,
  object: ImageRepository,
  write: (seen: ImageRepository) => Promise<unknown>,
): Promise<void> {
  let seen = object;
  for (let edits = 0; ; edits += 1) {
    try {
      await write(seen);
      if (edits > 0) term.wakeRepository(keyOf(object));
      return;
    } catch (error) {
      const isConflict = error instanceof ClusterError && error.code === 'CLUSTER_CONFLICT';
      const mayGoOn = isConflict && edits < editsMax && term.mayWrite(object);
      const edited = mayGoOn ? await readEdited(term, object) : undefined;
      if (edited === undefined) throw error;
      seen = edited;
    }
  }
}

/** The object as it is now, where all that was worked from is the same. */
async function readEdited(
  { client }: Pick<Term, 'client'>,
  object: ImageRepository,
): Promise<ImageRepository | undefined> {
  const read = await client.read(imageRepositories, object.meta);
  const edited = read && parseImageRepository(read);
  if (edited === undefined || basisOf(edited) !== basisOf(object)) return undefined;
  return { ...edited, meta: { ...edited.meta, annotations: object.meta.annotations } };
}

function basisOf({ meta, status }: ImageRepository): string {
  const { uid, generation, isBeingDeleted, finalizers } = meta;
  return JSON.stringify([uid, generation, isBeingDeleted, finalizers, status]);
}
