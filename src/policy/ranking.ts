import { compareBytes, type Order, type OrderSpec, type TagFacts, Unranked, withOrder } from './order.ts';
import { compileTagFilter, type TagFilterSpec } from './tag-filter.ts';

/** Compares any two tags as a policy does, whether or not a scan saw them. */
export interface Ranking {
  /**
   * Whether the first is the better choice. Undefined where one of them has no rank under the policy, or where
   * nobody can know: two tags that the ledger first saw in the same scan may be of any age.
   */
  ranksAbove(one: TagWithFacts, other: TagWithFacts): boolean | undefined;
}

export type TagWithFacts = TagFacts & { readonly tag: string };

/** @throws PolicyError `POLICY_INVALID`, `FILTER_INVALID` */
export function makeRanking(policy: { readonly order: OrderSpec; readonly filter?: TagFilterSpec }): Ranking {
  // The order first: where both are wrong, that is what Flux tells.
  return withOrder(policy.order, (order) => {
    const filter = compileTagFilter(policy.filter ?? { pattern: '', extract: '' });
    return {
      ranksAbove(one, other) {
        const [a, b] = [rankTag(order, filter, one), rankTag(order, filter, other)];
        if (a === undefined || b === undefined) return undefined;
        if (policy.order.kind === 'firstSeen' && order.compare(a.rank, b.rank) === 0) return undefined;
        return isBetter(a, b, order);
      },
    };
  });
}

/** A tag with what a policy takes from it. */
export type Ranked<Rank> = { readonly tag: string; readonly value: string; readonly rank: Rank };

/**
 * The one total order: by rank; among equal ranks by value, as the order says; among equal values the least tag,
 * which is the one Flux's filter leaves over.
 */
export function isBetter<Rank>(a: Ranked<Rank>, b: Ranked<Rank>, order: Order<Rank>): boolean {
  return compareRanked(a, b, order) > 0;
}

/** Above 0 where the first is the better choice; 0 for one tag alone. */
export function compareRanked<Rank>(a: Ranked<Rank>, b: Ranked<Rank>, order: Order<Rank>): number {
  const byRank = order.compare(a.rank, b.rank);
  if (byRank !== 0) return byRank;
  const byValue = compareBytes(a.value, b.value);
  if (byValue !== 0) return order.tieTakes === 'greatest' ? byValue : -byValue;
  return compareBytes(b.tag, a.tag);
}

function rankTag<Rank>(
  order: Order<Rank>,
  filter: (tag: string) => string | undefined,
  facts: TagWithFacts,
): Ranked<Rank> | undefined {
  const value = filter(facts.tag);
  if (value === undefined) return undefined;
  const rank = order.rank(value, facts);
  return rank instanceof Unranked ? undefined : { tag: facts.tag, value, rank };
}
