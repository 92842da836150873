import type { ImagePolicy } from '../api/image-policy.ts';
import type { Selection } from '../ledger/selection.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import { keyOf } from './object-store.ts';
import type { Term } from './reflector.ts';

/** What a policy's selections are recorded under: clusters may share a ledger. */
export function selectionNameOf(term: Pick<Term, 'cluster'>, policy: ImagePolicy): string {
  return `${term.cluster}/${keyOf(policy)}`;
}

/**
 * What the ledger holds of this policy. A selection that was recorded before clusters were told apart goes to the
 * first policy that it may be of: one of the same image, whose status says the same tag or none. Another cluster's
 * would do no harm either: it only ever keeps a selection from going back.
 */
export async function findRecordedSelection(
  term: Pick<Term, 'cluster' | 'ledger'>,
  policy: ImagePolicy,
  image: Repository,
): Promise<Selection | undefined> {
  const name = selectionNameOf(term, policy);
  const recorded = await term.ledger.findSelection(name);
  if (recorded !== undefined) return recorded;
  const unnamed = await term.ledger.findSelection(keyOf(policy));
  if (unnamed === undefined || !mayBeOf(policy, image, unnamed)) return undefined;
  return term.ledger.renameSelection(unnamed.name, name);
}

function mayBeOf({ status }: ImagePolicy, image: Repository, { repository, tag }: Selection): boolean {
  const published = status.latestRef;
  if (published !== undefined && published.tag !== tag) return false;
  return repositoryName(repository) === repositoryName(image);
}
