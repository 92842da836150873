import type { ListChange } from '../ledger/scan.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import type { Tag } from '../reference/tag.ts';
import type { ListKey } from './tag-list.ts';
import { type SummedTags, sumTags } from './tag-revision.ts';

/** A stretch of a list that begins where the one before it ends; the last one has no end. */
export type TagStretch = SummedTags & {
  /** The last tag it was cut at; it may be gone by now. */
  readonly last: Tag;
  /** Tags listed, those that are excluded included. */
  readonly listedCount: number;
};

/** How a list is cut. */
export type Cut = {
  readonly isExcluded: (tag: string) => boolean;
  /** Tags of one stretch, about: read anew where one of them changes. */
  readonly stretchTags: number;
};

/** Cuts a part of a list into stretches, and sums each up without what is excluded. */
export function cutStretches(tags: readonly Tag[], { isExcluded, stretchTags }: Cut): readonly TagStretch[] {
  const count = Math.max(1, Math.floor(tags.length / stretchTags));
  const size = Math.ceil(tags.length / count);
  const stretches: TagStretch[] = [];
  for (let start = 0; start < tags.length; start += size) {
    const stretch = tags.slice(start, start + size);
    const last = stretch.at(-1);
    if (last === undefined) break;
    stretches.push({
      ...sumTags(stretch.filter((tag) => !isExcluded(tag))),
      last,
      listedCount: stretch.length,
    });
  }
  return stretches;
}

/**
 * Reads the stretches anew that a change fell into. Undefined where the ledger does not hold what the change says:
 * somebody changed the list again meanwhile.
 * @throws LedgerError
 */
export async function followStretches(
  ledger: Pick<ScanLedger, 'listTags'>,
  key: ListKey,
  stretches: readonly TagStretch[],
  { change, cut }: { readonly change: ListChange; readonly cut: Cut },
): Promise<readonly TagStretch[] | undefined> {
  const growth = new Map<number, number>();
  const grow = (tag: Tag, by: number) => {
    const index = findStretch(stretches, tag);
    growth.set(index, (growth.get(index) ?? 0) + by);
  };
  for (const tag of change.appeared) grow(tag, 1);
  for (const tag of change.gone) grow(tag, -1);
  const followed: TagStretch[] = [];
  for (const [index, stretch] of stretches.entries()) {
    const by = growth.get(index);
    if (by === undefined) {
      followed.push(stretch);
      continue;
    }
    const end = index === stretches.length - 1 ? undefined : stretch.last;
    const count = stretch.listedCount + by;
    // One more than there should be, to see that there is none.
    const read = await ledger.listTags(key, stretches[index - 1]?.last, count + 1);
    const tags = end === undefined ? read : read.filter((tag) => tag <= end);
    if (tags.length !== count) return undefined;
    followed.push(...cutStretches(tags, cut));
  }
  return stretches.length === 0 ? undefined : followed;
}

/** Index of the first stretch that ends at or after a tag; the last one, which is open, for those beyond. */
function findStretch(stretches: readonly TagStretch[], tag: Tag): number {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { last } = stretches[middle] ?? { last: tag };
    if (last < tag) low = middle + 1;
    else high = middle;
  }
  return low;
}
