import { conditionTypes, findCondition } from '../api/conditions.ts';
import type { ImagePolicy } from '../api/image-policy.ts';
import { movesOf } from '../ledger/history.ts';
import type { Tag } from '../reference/tag.ts';
import { movedTagCondition } from '../reflect/moved-tag.ts';
import type { ListKey } from '../reflect/tag-list.ts';
import type { Term } from './reflector.ts';
import { type Additions, objectEvent } from './report.ts';

/** The selected tag, and since when it is selected as far as the ledger knows. */
export type SelectedTag = { readonly tag: Tag; readonly selectedAt: number };

/**
 * What a policy's status says of moves of its selected tag, read from the ledger each time, so that neither a
 * crash nor another replica loses it. Said aloud where the object does not say it yet.
 */
export async function reportMovedTag(
  term: Term,
  policy: ImagePolicy,
  listKey: ListKey,
  { tag, selectedAt }: SelectedTag,
): Promise<Required<Additions>> {
  const observations = await term.ledger.listObservations(listKey, tag);
  const condition = movedTagCondition(tag, movesOf({ repository: listKey, tag }, observations), selectedAt);
  if (condition === undefined) return { set: [], remove: [conditionTypes.tagMoved] };
  const before = findCondition(policy.status.conditions, conditionTypes.tagMoved);
  if (before?.message !== condition.message && !term.options.observe) {
    term.metrics.selectedTagMoved(policy.meta);
    term.events.record(objectEvent(policy, 'Warning', condition.reason, condition.message));
  }
  return { set: [condition], remove: [] };
}
