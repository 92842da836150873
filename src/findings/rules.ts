import type { Severity } from './finding.ts';

/** A rule of `holdfast check` or `holdfast hygiene`. Ids are promises: they stand in SARIF, in exclusions and in people's scripts. */
export type Rule = {
  readonly id: string;
  /** A few words, sentence case, no full stop. */
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters, in a sentence or two. */
  readonly why: string;
};

/** What `holdfast check` looks for. */
export const checkRules = [
  {
    id: 'floating-tag',
    title: 'Tag is known to move',
    severity: 'warning',
    why: 'The tag names a line of builds, not one build: nodes that pull it on different days can run different contents.',
  },
  {
    id: 'latest-tag',
    title: 'Tag is latest, or none is written',
    severity: 'warning',
    why: 'Nobody can say which version runs, and every new node may get another one.',
  },
  {
    id: 'missing-digest',
    title: 'Reference has no digest',
    severity: 'note',
    why: 'A tag is a label that its owner can move; only a digest names exact bytes.',
  },
  {
    id: 'moved-tag',
    title: 'Tag points to another digest than before',
    severity: 'error',
    why: 'What was reviewed and what a new node pulls are different contents under one name.',
  },
  {
    id: 'not-in-lock',
    title: 'Reference is not in the lock file',
    severity: 'error',
    why: 'Nothing records which content was meant.',
  },
  {
    id: 'lock-unused',
    title: 'Lock entry is used by no reference',
    severity: 'warning',
    why: 'The lock file says more than is declared: an image was removed, or a reference was mistyped.',
  },
  {
    id: 'lock-contradiction',
    title: 'Reference and lock file name different digests',
    severity: 'error',
    why: 'Two places claim to know which content is meant, and they disagree.',
  },
  {
    id: 'not-in-registry',
    title: 'Reference does not exist in its registry',
    severity: 'error',
    why: 'The next node that has to pull it cannot.',
  },
  {
    id: 'missing-platform',
    title: 'Image has no content for a platform that is asked for',
    severity: 'error',
    why: 'Pods scheduled on such a node fail with "no match for platform in manifest".',
  },
  {
    id: 'inconsistent-versions',
    title: 'Same image with different versions across files',
    severity: 'warning',
    why: 'One place was updated and another was forgotten.',
  },
  {
    id: 'split-tag',
    title: 'One tag runs with different contents',
    severity: 'error',
    why: 'Pods of one workload run different bytes under one name; only some of them may fail.',
  },
  {
    id: 'suspicious-tag',
    title: 'Tag looks like a build that is not fixed',
    severity: 'warning',
    why: 'A bare number is no version, and a tag with a -build.N sibling is rebuilt in place.',
  },
  {
    id: 'kustomize-no-match',
    title: 'Kustomize images entry matches nothing',
    severity: 'warning',
    why: 'kustomize ignores it silently: the version written there is deployed nowhere.',
  },
  {
    id: 'unparseable-file',
    title: 'File could not be read as what it is',
    severity: 'warning',
    why: 'Images in it were not seen; "could not look" is never "found nothing".',
  },
] as const satisfies readonly Rule[];

/** What `holdfast hygiene` looks for. */
export const hygieneRules = [
  {
    id: 'policy-unused',
    title: 'Nothing uses the policy',
    severity: 'warning',
    why: 'It is selected for, asked for and alerted on, and no file or automation takes what it selects.',
  },
  {
    id: 'marker-without-policy',
    title: 'Marker names a policy that is not there',
    severity: 'error',
    why: 'The field beside it is never updated, and nothing says so: Flux passes over such a marker in silence.',
  },
  {
    id: 'repository-unused',
    title: 'No policy selects from the repository',
    severity: 'warning',
    why: 'Its tags are asked for at every interval, and nobody looks at them.',
  },
  {
    id: 'repository-scanned-twice',
    title: 'Several objects scan the same image',
    severity: 'warning',
    why: 'Each asks the registry for the same list, out of the same quota.',
  },
  {
    id: 'interval-outpaces-change',
    title: 'Scanned much more often than its tags change',
    severity: 'note',
    why: 'Almost every scan finds what the one before it found, and takes from the quota of those that would not.',
  },
  {
    id: 'exclusion-saves',
    title: 'Tags that no policy can select could be excluded',
    severity: 'note',
    why: 'Every selection reads and weighs them; without them it is faster, and what is listed is what can be chosen.',
  },
] as const satisfies readonly Rule[];

/** Every rule, in the order the documentation shows them. Each has a page section in docs/rules.md. */
export const rules = [...checkRules, ...hygieneRules] as const;

export type RuleId = (typeof rules)[number]['id'];

/** @throws never for an id of the union; the table is complete by type */
export function ruleOf(id: RuleId): Rule {
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) throw new RangeError(`no such rule: ${id}`);
  return rule;
}
