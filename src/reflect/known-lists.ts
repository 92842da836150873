import assert from 'node:assert/strict';
import type { Clock, EpochMs } from '../clock.ts';
import type { LedgerReader } from '../ledger/ledger.ts';
import type { ListChange } from '../ledger/scan.ts';
import type { ScanLedger } from '../ledger/scan-ledger.ts';
import { compileExclusions } from '../policy/tag-filter.ts';
import { repositoryName } from '../reference/repository.ts';
import {
  type Elected,
  electedFrom,
  followElected,
  isElected,
  type Offer,
  offerOf,
  type WantedPolicy,
} from './offer-tag.ts';
import { makeTagSelection } from './select-tags.ts';
import { type ListKey, ledgerPages } from './tag-list.ts';
import { summarizeTags, type TagSummary } from './tag-revision.ts';
import { type Cut, cutStretches, followStretches, type TagStretch } from './tag-stretches.ts';

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

/** What is needed of a ledger. */
type ListLedger = Pick<ScanLedger, 'listTags' | 'readGeneration'> & Pick<LedgerReader, 'listFirstSeen'>;

/** Lists remembered: some hundred bytes each, and a hundred for each thousand tags. */
const rememberedMax = 20_000;

/** Readings begun anew because a scan changed the list meanwhile. */
const readingsMax = 3;

type KnownView = {
  readonly exclusionList: readonly string[];
  readonly generation: number;
  readonly stretches: readonly TagStretch[];
  readonly summary: TagSummary;
  readonly elected: Map<string, Elected>;
};

type Reading = { readonly wanted: readonly WantedPolicy[]; readonly now: EpochMs };

/** Tags read again where one changed: a millisecond's work. */
const stretchTagsDefault = 2500;

export function makeKnownLists(
  ledger: ListLedger,
  clock: Clock,
  { stretchTags = stretchTagsDefault }: { readonly stretchTags?: number } = {},
): KnownLists {
  /** By list, then by exclusions. */
  const known = new Map<string, Map<string, KnownView>>();
  const readings = new Map<string, Promise<KnownView>>();

  /** The view as it is now, with what `wanted` selects from it. */
  async function current(view: ListView, wanted?: WantedPolicy): Promise<KnownView> {
    const now = clock.now();
    const exclusions = JSON.stringify(view.exclusionList);
    const list = repositoryName(view.key);
    const id = `${list} ${exclusions}`;
    for (;;) {
      const generation = await ledger.readGeneration(view.key);
      const before = known.get(list)?.get(exclusions);
      const isCurrent = before?.generation === generation;
      if (isCurrent && (wanted === undefined || isElected(before.elected.get(wanted.name), wanted, now)))
        return before;
      const underWay = readings.get(id);
      if (underWay !== undefined) {
        // It may bring what is wanted here, too.
        await underWay.catch(() => undefined);
        continue;
      }
      const missing = wantedOf(view, wanted).filter(
        (one) => !isCurrent || !isElected(before.elected.get(one.name), one, now),
      );
      const reading = read(view, { wanted: missing, now });
      readings.set(id, reading);
      try {
        const after = await reading;
        const kept = isCurrent && before.generation === after.generation ? before.elected : [];
        const whole = { ...after, elected: new Map([...kept, ...after.elected]) };
        if (after.generation !== torn) remember(list, exclusions, whole);
        return whole;
      } finally {
        readings.delete(id);
      }
    }
  }

  /** Reads the list from end to end, for all that is wanted of it. */
  async function read(view: ListView, { wanted, now }: Reading): Promise<KnownView> {
    const cut = cutOf(view.exclusionList);
    for (let attempt = 1; ; attempt += 1) {
      const generation = await ledger.readGeneration(view.key);
      const selections = wanted.map(({ policy }) =>
        makeTagSelection(policy, questionsOf(view.key), { now, top: 1 }),
      );
      const stretches: TagStretch[] = [];
      for await (const page of ledgerPages(ledger, view.key)) {
        stretches.push(...cutStretches(page, cut));
        const seen = page.filter((tag) => !cut.isExcluded(tag));
        for (const selection of selections) await selection.offer(seen);
      }
      const isWhole = (await ledger.readGeneration(view.key)) === generation;
      if (!isWhole && attempt < readingsMax) continue;
      const elected = new Map<string, Elected>();
      for (const [index, one] of wanted.entries()) {
        const selected = await selections[index]?.finish();
        if (selected !== undefined) elected.set(one.name, electedFrom(one, selected, now));
      }
      return {
        exclusionList: view.exclusionList,
        generation: isWhole ? generation : torn,
        stretches,
        summary: summarizeTags(stretches),
        elected,
      };
    }
  }

  /** @throws PolicyError `FILTER_INVALID` */
  function cutOf(exclusionList: readonly string[]): Cut {
    const exclusionOf = compileExclusions(exclusionList);
    return { isExcluded: (tag) => exclusionOf(tag) !== undefined, stretchTags };
  }

  function questionsOf(key: ListKey) {
    return {
      firstSeenAt: ledger.listFirstSeen.bind(ledger, key),
      platformsOf: async () => undefined,
    };
  }

  function remember(list: string, exclusions: string, view: KnownView): void {
    if (known.size >= rememberedMax && !known.has(list)) known.clear();
    const views = known.get(list) ?? new Map<string, KnownView>();
    known.set(list, views.set(exclusions, view));
  }

  /** Undefined where the change does not begin at what is known, or does not lead to what the ledger holds. */
  async function follow(key: ListKey, before: KnownView, change: ListChange): Promise<KnownView | undefined> {
    if (before.generation !== change.from) return undefined;
    const cut = cutOf(before.exclusionList);
    const stretches = await followStretches(ledger, key, before.stretches, { change, cut });
    if (stretches === undefined || (await ledger.readGeneration(key)) !== change.to) return undefined;
    const seen = {
      appeared: change.appeared.filter((tag) => !cut.isExcluded(tag)),
      gone: change.gone.filter((tag) => !cut.isExcluded(tag)),
    };
    const elected = new Map<string, Elected>();
    for (const [name, one] of before.elected) {
      const after = followElected(one, seen);
      if (after !== undefined) elected.set(name, after);
    }
    return { ...before, generation: change.to, stretches, summary: summarizeTags(stretches), elected };
  }

  return {
    summarize: async (view) => (await current(view)).summary,
    async offer(view, wanted) {
      const { elected, summary } = await current(view, wanted);
      const own = elected.get(wanted.name);
      assert(own !== undefined, `a reading elects for all that it is asked for: ${wanted.name}`);
      return offerOf(own, summary);
    },
    async learn(key, change) {
      const list = repositoryName(key);
      if (change?.from === change?.to && change !== undefined) return;
      for (const [exclusions, before] of known.get(list) ?? []) {
        const after = change && (await follow(key, before, change));
        const views = known.get(list);
        if (views?.get(exclusions) !== before) continue;
        if (after === undefined) views.delete(exclusions);
        else views.set(exclusions, after);
      }
    },
    forgetPolicy(name) {
      for (const views of known.values()) for (const { elected } of views.values()) elected.delete(name);
    },
  };
}

/** In place of a generation: a scan changed the list while it was read. Good for one answer, not to remember. */
const torn = -1;

/** What is asked for, and what will be. */
function wantedOf(view: ListView, wanted: WantedPolicy | undefined): readonly WantedPolicy[] {
  const others = view.policies().filter(({ name }) => name !== wanted?.name);
  return wanted === undefined ? others : [wanted, ...others];
}
