import { policyAnnotations } from '../api/annotations.ts';
import { conditionTypes, findCondition } from '../api/conditions.ts';
import { formatDuration } from '../api/duration.ts';
import { reasons } from '../api/reasons.ts';
import { formatNamespacedName } from '../cluster/namespaced-name.ts';
import { nothingSelectedCondition } from '../reflect/nothing-selected.ts';
import { announceProblems, announceWait } from './announce-selection.ts';
import type { Candidacy, Election } from './elect-tag.ts';
import { type Problem, report } from './policy-report.ts';
import type { Term } from './reflector.ts';
import type { Additions } from './report.ts';
import type { RunOutcome } from './work-queue.ts';

/** Nothing was ever selected, and nothing is now: Ready says so in Flux's words, and ours beside it says why. */
export async function explainNothing(
  term: Term,
  candidacy: Candidacy,
  election: Election,
): Promise<RunOutcome> {
  const { policy, repository, repositorySpec } = candidacy;
  const { offer, decision } = election;
  const { verdict } = decision;
  const name = formatNamespacedName(repository.meta);
  const ready = findCondition(repository.status.conditions, conditionTypes.ready);
  const { problems } = candidacy.wishes;
  const condition = nothingSelectedCondition({
    verdict,
    repository: { name, isSuspended: repositorySpec.suspend, ready },
    offer,
    problems,
  });
  const additions: Additions = { set: [condition] };
  const afterMs = term.options.requeueDependencyMs;
  const isSeen = verdict.kind !== 'keep' || verdict.because !== 'not-seen-whole';
  const isFirstScanDue =
    !repositorySpec.suspend && repository.status.lastScanResult === undefined && ready?.status !== 'False';
  if (!isSeen && isFirstScanDue) {
    const message = `waiting for the first scan of ImageRepository '${name}'`;
    await report(term, policy, { kind: 'progressing', message }, {}, additions);
    return { kind: 'again', afterMs };
  }
  if (!isSeen || offer.summary.tagCount === 0) {
    await report(term, policy, { kind: 'failed', ...noTags(term) }, {}, additions);
    return { kind: 'again', afterMs };
  }
  const message = [nothingMatches(election), ...problems].join('; ');
  const isQuiet = condition.reason === reasons.awaitingAge;
  await report(term, policy, { kind: 'failed', reason: reasons.failure, message, isQuiet }, {}, additions);
  announceWait(term, policy, condition);
  announceProblems(term, policy, problems, findCondition(policy.status.conditions, conditionTypes.ready));
  const ripeInMs = offer.ripeAt === undefined ? undefined : offer.ripeAt - term.clock.now();
  // The next scan with other tags wakes it; only age comes by itself.
  return ripeInMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs: Math.max(ripeInMs, 1000) };
}

/** In Flux's words. */
export function noTags({ options }: Term): Problem {
  const message = `retrying in ${formatDuration(options.requeueDependencyMs)} error: no tags in database`;
  return { reason: reasons.dependencyNotReady, message };
}

/** In Flux's words, but for what Flux does not have. */
export function nothingMatches({ offer }: Election): string {
  if (offer.ripeAt !== undefined)
    return `every tag that matches is younger than ${policyAnnotations.minimumAge} asks for`;
  return offer.filtered === 0
    ? 'version list argument cannot be empty'
    : 'unable to determine latest version from provided list';
}
