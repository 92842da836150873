import { imageRepositories } from '../api/api.ts';
import type { ImagePolicy, ImagePolicySpec } from '../api/image-policy.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { type Reason, reasons } from '../api/reasons.ts';
import { namespaceKind } from '../cluster/cluster-id.ts';
import { objectAt, textAt } from '../cluster/foreign-value.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';
import { findAccessProblem } from '../reflect/access-control.ts';
import type { Term } from './reflector.ts';

/** Why a policy has no repository to choose from. */
export type MissingRepository = { readonly reason: Reason; readonly message: string };

/** Word for word as Flux says it. */
const failedToGet = 'failed to get the referred ImageRepository';

/** The repository that a policy refers to, if it is there and admits it. */
export async function findRepositoryOf(
  term: Term,
  policy: ImagePolicy,
  spec: ImagePolicySpec,
  signal: AbortSignal,
): Promise<ImageRepository | MissingRepository> {
  const name = spec.repository;
  const place = formatNamespacedName(name);
  const isOther = name.namespace !== policy.meta.namespace;
  if (isOther && term.options.noCrossNamespaceRefs) {
    const message = `${failedToGet}: cannot access 'ImageRepository/${place}', cross-namespace references have been blocked`;
    return { reason: reasons.accessDenied, message };
  }
  // In Flux's words for what it does not look for: nothing is followed there, and nobody here would scan it.
  if (isOther && term.options.namespace !== undefined) {
    return denied(`'${place}' can't be accessed due to missing ACL labels on 'accessFrom'`);
  }
  const repository = term.repositories.get(place) ?? (await readRepository(term, name, signal));
  if (repository === undefined) {
    const message = `referenced ImageRepository does not exist: ImageRepository.${imageRepositories.group} "${name.name}" not found`;
    return { reason: reasons.dependencyNotReady, message: `${failedToGet}: ${message}` };
  }
  if (!isOther || repository.spec instanceof FieldError) return repository;
  const problem = findAccessProblem({
    repository: name,
    accessFrom: repository.spec.accessFrom,
    fromNamespace: policy.meta.namespace,
    labels: await readLabels(term, policy.meta.namespace, signal),
    noCrossNamespaceRefs: term.options.noCrossNamespaceRefs,
  });
  return problem === undefined ? repository : denied(problem);
}

function denied(message: string): MissingRepository {
  return { reason: reasons.accessDenied, message: `${failedToGet}: access denied: ${message}` };
}

/** One that no watch told of yet. One of another shard is none to us, as to Flux: its owner scans for others. */
async function readRepository(
  term: Term,
  name: ImagePolicySpec['repository'],
  signal: AbortSignal,
): Promise<ImageRepository | undefined> {
  if (term.options.labelSelector !== undefined) return undefined;
  const object = await term.client.read(imageRepositories, name, signal);
  return object && parseImageRepository(object);
}

async function readLabels(
  term: Term,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const namespace = await term.client.read(namespaceKind, { namespace: '', name }, signal);
  const labels = namespace === undefined ? {} : objectAt(namespace.metadata, 'labels');
  return Object.fromEntries(
    Object.keys(labels).flatMap((key) => {
      const value = labels[key] === '' ? '' : textAt(labels, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
