import { conditionTypes } from '../api/conditions.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import { formatInstant } from '../clock.ts';
import type { Term } from './reflector.ts';
import { type Additions, commonStatus, eventOf, type Report } from './report.ts';
import type { RunOutcome } from './work-queue.ts';
import { writeStatus } from './write-object.ts';

/** Writes what a report leaves behind on an ImagePolicy, and says it where it is new. */
export async function report(
  term: Term,
  policy: ImagePolicy,
  what: Report,
  fields: Partial<ImagePolicy['status']>,
  additions: Additions = {},
): Promise<void> {
  const event = eventOf(policy, what);
  const changes = withoutStale(policy, what, { fields, additions });
  const common = commonStatus(policy, what, changes, formatInstant(term.clock.now()));
  await writeStatus(term, policy, { ...common, ...fields });
  if (event !== undefined && !term.options.observe) term.events.record(event);
}

type Written = { readonly fields: Partial<ImagePolicy['status']>; readonly additions: Additions };

/** Why nothing was selected is said for as long as it is known; what is selected keeps its condition. */
function withoutStale({ status }: ImagePolicy, { kind }: Report, { fields, additions }: Written): Additions {
  const { set = [], remove = [] } = additions;
  const isSaid = set.some(({ type }) => type === conditionTypes.selection);
  const isSelected = (fields.latestRef ?? status.latestRef) !== undefined;
  const isUnderWay = kind === 'progressing' || kind === 'suspended';
  if (isSaid || isSelected || isUnderWay) return additions;
  return { set, remove: [...remove, conditionTypes.selection] };
}

export async function suspend(term: Term, policy: ImagePolicy): Promise<RunOutcome> {
  await report(term, policy, { kind: 'suspended' }, {});
  return { kind: 'done' };
}

export async function waitFor(term: Term, policy: ImagePolicy, problem: Problem): Promise<RunOutcome> {
  await report(term, policy, { kind: 'failed', ...problem }, {});
  return { kind: 'again', afterMs: term.options.requeueDependencyMs };
}

/** Why a reconciliation failed, for Ready. */
export type Problem = Omit<Extract<Report, { kind: 'failed' }>, 'kind'>;

export async function fail(
  term: Term,
  policy: ImagePolicy,
  problem: Problem,
  error: unknown,
): Promise<RunOutcome> {
  await report(term, policy, { kind: 'failed', ...problem }, {});
  return { kind: 'failed', error };
}

export async function stall(term: Term, policy: ImagePolicy, problem: Problem): Promise<RunOutcome> {
  await report(term, policy, { kind: 'stalled', ...problem }, {});
  return { kind: 'done' };
}
