import type { Order } from './order.ts';
import { isBetter, type Ranked } from './ranking.ts';
import type { Explanation } from './select.ts';

/** Says what became of a tag: `fate` is its rank, the reason against it, or undefined where nobody offered it. */
export function explainCandidate<Rank>(
  tag: string,
  fate: Ranked<Rank> | string | undefined,
  selected: Ranked<Rank> | undefined,
  order: Order<Rank>,
): Explanation {
  if (fate === undefined) return { tag, isSelected: false, reason: 'is not among the tags' };
  if (typeof fate === 'string') return { tag, isSelected: false, reason: fate };
  if (selected === undefined || !isBetter(selected, fate, order)) {
    return { tag, isSelected: true, reason: 'is selected' };
  }
  const reason =
    order.compare(selected.rank, fate.rank) === 0
      ? `ranks equal to ${selected.tag}, which is chosen by ${tieRule(fate, selected, order)}`
      : `is outranked by ${selected.tag}`;
  return { tag, isSelected: false, reason };
}

function tieRule<Rank>(fate: Ranked<Rank>, selected: Ranked<Rank>, order: Order<Rank>): string {
  if (fate.value === selected.value) return 'its name: the least tag of those with one value';
  return `its bytes: of equal ranks the ${order.tieTakes} value is taken`;
}
