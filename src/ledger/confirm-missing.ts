import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import { askEach } from './ask-each.ts';
import type { ComparedList } from './compare-list.ts';
import type { OpenScan } from './scan-ledger.ts';
import type { TagLister } from './tag-lister.ts';

/**
 * Missing tags asked for by name in one scan. Where more are missing, the others stay listed until a later
 * scan has asked for them too: a bounded number of requests, and never a tag believed gone unasked.
 */
const confirmationsMax = 2000;

/** A list that loses this share of its tags, and more than {@link shrinkTagsMin}, is not believed at once. */
const shrinkShareMax = 0.5;
const shrinkTagsMin = 10;

/** Tags asked for by name, spread over all that a suspect list misses, before a second look is asked for. */
const suspectSample = 100;

export type MissingVerdict =
  | {
      readonly kind: 'believed';
      /** Asked for by name, and gone. */
      readonly gone: readonly Tag[];
      /** Missing from the list, yet there by name: the registry forgot them for a moment. */
      readonly forgotten: number;
      /** Missing from the list and not asked for yet: {@link confirmationsMax}. */
      readonly unconfirmed: number;
      readonly requests: number;
    }
  | { readonly kind: 'suspect'; readonly reason: string; readonly requests: number };

/**
 * Whether the tags that a list misses are gone. Every one is asked for by name first. A list that is empty
 * or lost most of its tags is believed only on a second look: when the scan before saw it as short too, and
 * the tags asked for by name are gone both times. What is left to be asked for then makes no later list suspect.
 */
export async function confirmMissing(
  lister: TagLister,
  scan: OpenScan,
  list: ComparedList,
  options: { readonly repository: Repository; readonly signal?: AbortSignal | undefined },
): Promise<MissingVerdict> {
  const { missing } = await scan.countStaged();
  if (missing === 0) return { kind: 'believed', gone: [], forgotten: 0, unconfirmed: 0, requests: 0 };
  const believed = missedBefore(scan.start);
  const isSuspect = hasShrunk(scan.start.tagCount - believed, list.tagCount, missing - believed);
  const isSecondLook =
    scan.start.previous?.outcome === 'suspect' && list.tagCount >= scan.start.previous.tagCount;
  const asked = await scan.sampleMissing(isSuspect && !isSecondLook ? suspectSample : confirmationsMax);
  const there = new Set<Tag>();
  await askEach(asked, options.signal, async (tag) => {
    const head = await lister.headManifest(options.repository, tag, optional(options.signal));
    if (head !== undefined) there.add(tag);
  });
  const requests = asked.length;
  if (isSuspect && there.size > 0) {
    const reason = `the list misses ${missing} of ${scan.start.tagCount} known tags, yet ${there.size} of ${asked.length} asked for by name are there`;
    return { kind: 'suspect', reason, requests };
  }
  if (isSuspect && !isSecondLook) {
    const reason = `the list misses ${missing} of ${scan.start.tagCount} known tags: it is believed if the next scan sees the same`;
    return { kind: 'suspect', reason, requests };
  }
  return {
    kind: 'believed',
    gone: asked.filter((tag) => !there.has(tag)),
    forgotten: there.size,
    unconfirmed: missing - asked.length,
    requests,
  };
}

/** Tags that the last whole list missed already, and that were not asked for yet or are there by name. */
function missedBefore({ tagCount, previous }: OpenScan['start']): number {
  return previous?.outcome === 'complete' ? Math.max(0, tagCount - previous.tagCount) : 0;
}

function hasShrunk(knownTags: number, listedTags: number, missing: number): boolean {
  if (listedTags === 0) return knownTags > 0;
  return missing > shrinkTagsMin && missing > knownTags * shrinkShareMax;
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
