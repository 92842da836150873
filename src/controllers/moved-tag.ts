import { conditionTypes, findCondition, type NextCondition } from '../api/conditions.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import { movesOf } from '../ledger/history.ts';
import type { Tag } from '../reference/tag.ts';
import { movedTagCondition } from '../reflect/moved-tag.ts';
import type { ListKey } from '../reflect/tag-list.ts';
import type { Term } from './reflector.ts';
import { objectEvent } from './report.ts';

/** The selected tag, and since when it is selected as far as the ledger knows. */
export type SelectedTag = { readonly tag: Tag; readonly selectedAt: number };

/**
 * What a policy's status is to say of moves of its selected tag, read from the ledger each time, so that neither a
 * crash nor another replica loses it.
 */
export async function findMovedTag(
  term: Term,
  listKey: ListKey,
  { tag, selectedAt }: SelectedTag,
): Promise<NextCondition | undefined> {
  const observations = await term.ledger.listObservations(listKey, tag);
  return movedTagCondition(tag, movesOf({ repository: listKey, tag }, observations), selectedAt);
}

/** Said aloud where the object did not say it before. */
export function announceMovedTag(term: Term, policy: ImagePolicy, condition: NextCondition): void {
  const before = findCondition(policy.status.conditions, conditionTypes.tagMoved);
  if (before?.message === condition.message || term.options.observe) return;
  term.metrics.selectedTagMoved(policy.meta);
  term.events.record(objectEvent(policy, 'Warning', condition.reason, condition.message));
}
