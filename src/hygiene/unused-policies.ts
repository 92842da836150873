import type { ImagePolicy } from '../api/image-policy.ts';
import { type ImageUpdateAutomation, takesPolicy } from '../api/image-update-automation.ts';
import type { Finding } from '../findings/finding.ts';
import { findingOf, type HygieneFacts, nameOf, notKnown, type RuleAnswer } from './hygiene.ts';

const unused = 'policy-unused';
const stray = 'marker-without-policy';

/**
 * Policies whose selection nobody takes: no marker names them in the places given, or no automation of their
 * namespace takes them up. Either is enough; neither is said of what could not be looked at.
 */
export function unusedPolicies({ policies, automations, markers, noMarkers }: HygieneFacts): RuleAnswer {
  if (policies === undefined) return notKnown(unused, 'ImagePolicies could not be listed');
  const used = markers && new Set(markers.map(({ policy }) => policy));
  const findings = policies.flatMap((policy): readonly Finding[] => {
    const name = nameOf(policy);
    const isUnmarked = used?.has(name) === false;
    const isUntaken = automations?.some((one) => takesPolicy(one, policy.meta)) === false;
    if (!isUnmarked && !isUntaken) return [];
    return [findingOf(unused, { message: describe(policy, { isUnmarked, isUntaken, automations }), hint })];
  });
  const reasons = [
    ...(noMarkers === undefined ? [] : [noMarkers]),
    ...(automations === undefined ? ['ImageUpdateAutomations could not be listed'] : []),
  ];
  return { findings, notKnown: reasons.flatMap((because) => notKnown(unused, because).notKnown) };
}

const hint = 'remove the policy, or add the marker or the automation that is missing; suspend it until then';

function describe(
  policy: ImagePolicy,
  {
    isUnmarked,
    isUntaken,
    automations,
  }: {
    readonly isUnmarked: boolean;
    readonly isUntaken: boolean;
    readonly automations: readonly ImageUpdateAutomation[] | undefined;
  },
): string {
  const { namespace } = policy.meta;
  const why = [
    ...(isUnmarked ? ['no marker names it in the places given'] : []),
    ...(isUntaken
      ? [
          automations?.some(({ meta }) => meta.namespace === namespace) === true
            ? `no ImageUpdateAutomation of ${namespace} selects its labels`
            : `there is no ImageUpdateAutomation in ${namespace}`,
        ]
      : []),
  ];
  return `ImagePolicy ${nameOf(policy)} is used by nothing: ${why.join(', and ')}`;
}

/** Markers for policies that are not there. */
export function strayMarkers({ policies, markers, isWholeCluster }: HygieneFacts): RuleAnswer {
  if (markers === undefined || markers.length === 0) return { findings: [], notKnown: [] };
  if (policies === undefined) return notKnown(stray, 'ImagePolicies could not be listed');
  if (!isWholeCluster) return notKnown(stray, 'only one namespace was looked at');
  const known = new Set(policies.map(nameOf));
  const findings = markers
    .filter(({ policy }) => !known.has(policy))
    .map(({ policy, file, path, line }) =>
      findingOf(stray, {
        message: `the marker names ImagePolicy ${policy}, which is not there`,
        hint: 'mend the name, or take the marker away',
        file,
        ...(path === undefined ? {} : { path }),
        line,
      }),
    );
  return { findings, notKnown: [] };
}
