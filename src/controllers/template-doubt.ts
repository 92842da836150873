import type { ImagePolicy, ImagePolicySpec } from '../api/image-policy.ts';
import { doubtTemplate } from '../policy/tag-filter.ts';
import { reflectPolicy } from '../reflect/selection-policy.ts';
import type { Term } from './reflector.ts';

/**
 * Says in the log, once for each version of a spec, that its template takes nothing from a tag. No more than that:
 * Flux selects by such a template without a word, and what it selects is selected here.
 */
export function tellTemplateDoubt(
  term: Pick<Term, 'log'>,
  { meta, status }: ImagePolicy,
  spec: ImagePolicySpec,
): void {
  const { filterTags } = spec;
  // Whatever was reported of this version was reported after this.
  const isTold = status.conditions.some(({ observedGeneration }) => observedGeneration === meta.generation);
  if (filterTags === undefined || isTold) return;
  // One that cannot be is told by the condition.
  if ('problem' in reflectPolicy(spec)) return;
  const doubt = doubtTemplate(filterTags);
  if (doubt === undefined) return;
  const { name, namespace } = meta;
  const message = `spec.filterTags.extract ${filterTags.extract} ${doubt}`;
  term.log.write('warn', message, { controller: 'imagepolicy', name, namespace });
}
