import { excludable } from './excludable.ts';
import type { HygieneFacts, HygieneReport } from './hygiene.ts';
import { outpacingIntervals } from './outpacing-intervals.ts';
import { repositoryCosts } from './repository-costs.ts';
import { scannedTwice } from './scanned-twice.ts';
import { strayMarkers, unusedPolicies } from './unused-policies.ts';
import { unusedRepositories } from './unused-repositories.ts';

/** Applies every rule, in the order the documentation shows them. */
export function inspectHygiene(facts: HygieneFacts): HygieneReport {
  const answers = [
    unusedPolicies(facts),
    strayMarkers(facts),
    unusedRepositories(facts),
    scannedTwice(facts),
    outpacingIntervals(facts),
    excludable(facts),
  ];
  return {
    findings: answers.flatMap(({ findings }) => findings),
    problems: [],
    notKnown: answers.flatMap(({ notKnown }) => notKnown),
    repositories: repositoryCosts(facts),
  };
}
