import assert from 'node:assert/strict';
import type { Clock } from '../clock.ts';
import type { ListChange } from '../ledger/scan.ts';
import { repositoryName } from '../reference/repository.ts';
import { isElected, type Offer, offerOf, type WantedPolicy } from './offer-tag.ts';
import { cutOf, followList, type ListLedger, type ReadList, readList } from './read-list.ts';
import type { ListKey } from './tag-list.ts';
import type { TagSummary } from './tag-revision.ts';

/** The tags that one ImageRepository sees: a list without what it excludes. */
export type ListView = {
  readonly key: ListKey;
  readonly exclusionList: readonly string[];
  /** Policies over this view: where the list has to be read, all are elected by one reading. */
  readonly policies: () => readonly WantedPolicy[];
};

/**
 * What is known of lists of tags: their summaries and what each policy selects. Each answer is that of the list as
 * the ledger has it now: a list is read only where its generation is another than the one remembered, and not even
 * then where a scan has told what changed.
 */
export interface KnownLists {
  /** @throws PolicyError `FILTER_INVALID`; LedgerError */
  summarize(view: ListView): Promise<TagSummary>;
  /** The best tag and the summary of what it was chosen from. @throws PolicyError; LedgerError */
  offer(view: ListView, wanted: WantedPolicy): Promise<Offer>;
  /** A scan has changed a list; `undefined`: in a way that nobody can tell. @throws LedgerError */
  learn(key: ListKey, change: ListChange | undefined): Promise<void>;
  /** Lets go of what was elected for an object. */
  forgetPolicy(name: string): void;
}

/** Lists remembered: some hundred bytes each, and a hundred for each thousand tags. */
const rememberedMax = 20_000;

/** Exclusion lists over one list of tags: of those that objects had once, each would cost a reading at each change. */
const viewsMax = 100;

/** Tags read again where one changed: a millisecond's work. */
const stretchTagsDefault = 2500;

/** One list, by the exclusions it was read with, as JSON. */
type Views = Map<string, ReadList>;

export function makeKnownLists(
  ledger: ListLedger,
  clock: Clock,
  { stretchTags = stretchTagsDefault }: { readonly stretchTags?: number } = {},
): KnownLists {
  const lists = new Map<string, Views>();
  /** From which list an object's tag was elected. */
  const homes = new Map<string, string>();
  const underWay = new Map<string, Promise<ReadList>>();

  /** The list as it is now, with what `wanted` selects from it. */
  async function current(view: ListView, wanted?: WantedPolicy): Promise<ReadList> {
    const now = clock.now();
    const exclusions = JSON.stringify(view.exclusionList);
    const list = repositoryName(view.key);
    const id = `${list} ${exclusions}`;
    for (;;) {
      const generation = await ledger.readGeneration(view.key);
      const known = lists.get(list)?.get(exclusions);
      const before = known?.generation === generation ? known : undefined;
      const isKnown = (one: WantedPolicy) => isElected(before?.elected.get(one.name), one, now);
      if (before !== undefined && (wanted === undefined || isKnown(wanted))) return before;
      const other = underWay.get(id);
      if (other !== undefined) {
        // It may bring what is wanted here, too.
        await other.catch(() => undefined);
        continue;
      }
      const missing = wantedOf(view, wanted).filter((one) => !isKnown(one));
      const cut = cutOf(view.exclusionList, stretchTags);
      const reading = readList(ledger, view.key, { cut, wanted: missing, now });
      underWay.set(id, reading);
      try {
        const after = await reading;
        const kept = before !== undefined && before.generation === after.generation ? before.elected : [];
        const whole = { ...after, elected: new Map([...kept, ...after.elected]) };
        if (after.generation !== undefined) remember(list, exclusions, whole);
        return whole;
      } finally {
        underWay.delete(id);
      }
    }
  }

  function remember(list: string, exclusions: string, read: ReadList): void {
    if (lists.size >= rememberedMax && !lists.has(list)) lists.clear();
    for (const name of read.elected.keys()) {
      if (homes.get(name) !== list) forgetPolicy(name);
      homes.set(name, list);
    }
    const views: Views = lists.get(list) ?? new Map();
    views.delete(exclusions);
    lists.set(list, views.set(exclusions, read));
    const [oldest] = views.keys();
    if (views.size > viewsMax && oldest !== undefined) views.delete(oldest);
  }

  function forgetPolicy(name: string): void {
    const views = lists.get(homes.get(name) ?? '');
    homes.delete(name);
    for (const [exclusions, read] of views ?? []) {
      const elected = new Map(read.elected);
      if (elected.delete(name)) views?.set(exclusions, { ...read, elected });
    }
  }

  async function learn(key: ListKey, change: ListChange | undefined): Promise<void> {
    if (change !== undefined && change.from === change.to) return;
    const views = lists.get(repositoryName(key));
    for (const [exclusions, before] of views ?? []) {
      const cut = cutOf(JSON.parse(exclusions), stretchTags);
      const after = change && (await followList(ledger, key, before, { change, cut }));
      if (views?.get(exclusions) !== before) continue;
      if (after === undefined) views.delete(exclusions);
      else views.set(exclusions, after);
    }
  }

  return {
    summarize: async (view) => (await current(view)).summary,
    async offer(view, wanted) {
      const { elected, summary } = await current(view, wanted);
      const own = elected.get(wanted.name);
      assert(own !== undefined, `a reading elects for all that it is asked for: ${wanted.name}`);
      return offerOf(own, summary);
    },
    learn,
    forgetPolicy,
  };
}

/** What is asked for, and what will be. */
function wantedOf(view: ListView, wanted: WantedPolicy | undefined): readonly WantedPolicy[] {
  const others = view.policies().filter(({ name }) => name !== wanted?.name);
  return wanted === undefined ? others : [wanted, ...others];
}
