import { FieldError } from '../api/read-fields.ts';
import { findingOf, type HygieneFacts, nameOf, notKnown, type RuleAnswer } from './hygiene.ts';
import { describeRate, scansPerDay, whyNotScanned } from './repository-costs.ts';

const rule = 'repository-unused';

/** Repositories that no policy refers to. Of one namespace alone it is not known: policies elsewhere may. */
export function unusedRepositories({ repositories, policies, isWholeCluster }: HygieneFacts): RuleAnswer {
  if (repositories === undefined) return notKnown(rule, 'ImageRepositories could not be listed');
  if (policies === undefined) return notKnown(rule, 'ImagePolicies could not be listed');
  if (!isWholeCluster) return notKnown(rule, 'only one namespace was looked at');
  const unreadable = policies.find(({ spec }) => spec instanceof FieldError);
  if (unreadable !== undefined) {
    return notKnown(rule, `ImagePolicy ${nameOf(unreadable)}, whose spec cannot be read, may use any`);
  }
  const used = new Set(
    policies.flatMap(({ spec }) =>
      spec instanceof FieldError ? [] : [`${spec.repository.namespace}/${spec.repository.name}`],
    ),
  );
  const findings = repositories
    .filter((repository) => !used.has(nameOf(repository)))
    .map((repository) => {
      const cost = whyNotScanned(repository) ?? `it is scanned ${describeRate(scansPerDay(repository) ?? 0)}`;
      return findingOf(rule, {
        message: `ImageRepository ${nameOf(repository)} is selected from by no policy; ${cost}`,
        hint: 'remove it, or suspend it where it is still scanned',
      });
    });
  return { findings, notKnown: [] };
}
