import type { Order } from './order.ts';
import { compareRanked, isBetter, type Ranked } from './ranking.ts';

/** The best of the tags offered so far, as many as are wanted. */
export interface Best<Rank> {
  offer(one: Ranked<Rank>): void;
  /** Best first. A tag that was offered twice is there once. */
  list(): readonly Ranked<Rank>[];
}

/** Kept beyond those wanted until they are sorted out: fewer, and a rising list of tags is sorted too often. */
const slackMin = 32;

/**
 * Sorts out once in `top` tags, not at each: a list in rising order puts every tag first, and ten thousand would
 * be moved for it.
 */
export function makeBest<Rank>(order: Order<Rank>, top: number): Best<Rank> {
  const keptMax = top + Math.max(top, slackMin);
  let kept: Ranked<Rank>[] = [];
  /** The least that is wanted by now; what ranks below can never be. */
  let least: Ranked<Rank> | undefined;
  const sortOut = () => {
    kept.sort((a, b) => compareRanked(b, a, order));
    // One tag has one rank, so that it stands beside itself.
    kept = kept.filter((one, index) => one.tag !== kept[index - 1]?.tag).slice(0, top);
    if (kept.length === top) least = kept.at(-1);
  };
  return {
    offer(one) {
      if (least !== undefined && !isBetter(one, least, order)) return;
      kept.push(one);
      if (kept.length >= keptMax) sortOut();
    },
    list() {
      sortOut();
      return kept;
    },
  };
}
