import { conditionTypes, type NextCondition } from '../api/conditions.ts';
import { reasons } from '../api/reasons.ts';
import { type EpochMs, formatInstant } from '../clock.ts';
import type { Move } from '../ledger/ledger.ts';
import type { Tag } from '../reference/tag.ts';

/**
 * The condition of an ImagePolicy whose selected tag points to other content than when it was selected: nodes
 * that pull it now get something else than those that have it. Undefined where no move was noticed since.
 */
export function movedTagCondition(
  tag: Tag,
  moves: readonly Move[],
  selectedAt: EpochMs,
): NextCondition | undefined {
  const noticed = moves.filter(({ noticedAt }) => noticedAt >= selectedAt);
  const last = noticed.at(-1);
  if (last === undefined) return undefined;
  const often = noticed.length === 1 ? '' : `; it moved ${noticed.length} times since it was selected`;
  return {
    type: conditionTypes.tagMoved,
    status: 'True',
    reason: reasons.tagMoved,
    message:
      `${tag} was pushed again: seen as ${last.from} until ${formatInstant(last.lastSeenAt)}, ` +
      `as ${last.to} since ${formatInstant(last.noticedAt)}${often}; ` +
      'nodes that pull it now get other content than those that have it',
  };
}
