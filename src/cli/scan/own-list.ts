import type { Ledger } from '../../ledger/ledger.ts';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import { findOwnLists, type ListKey, type ListOwner } from '../../reflect/tag-list.ts';
import { UsageError } from '../errors.ts';

/** `namespace/name`, as kubectl and flux print it. @throws UsageError */
export function parseListOwner(text: string): ListOwner {
  const [namespace, name, more] = text.split('/');
  if (namespace && name && more === undefined) return { namespace, name };
  throw new UsageError(
    `expected NAMESPACE/NAME, got ${JSON.stringify(text.slice(0, 100))}`,
    'name the ImageRepository as its controller does: --image-repository team/app',
  );
}

/**
 * The list that an ImageRepository does not share. Only its controller begins one: it knows by which access.
 * @throws UsageError where the ledger has none
 */
export async function requireOwnList(
  ledger: Ledger,
  repository: Repository,
  owner: ListOwner,
): Promise<ListKey> {
  const lists = await findOwnLists(ledger, repository);
  const found = lists.find(
    (list) => list.owner.namespace === owner.namespace && list.owner.name === owner.name,
  );
  if (found !== undefined) return found.key;
  const names = lists.map((list) => `${list.owner.namespace}/${list.owner.name}`);
  throw new UsageError(
    `the ledger has no list of ${repositoryName(repository)} that is ImageRepository ${owner.namespace}/${owner.name}'s own`,
    names.length === 0
      ? "leave --image-repository out: no list of it is an object's own"
      : `it has: ${names.join(', ')}`,
  );
}
