import type { ScanLedger } from '../ledger/scan-ledger.ts';
import { repositoryName } from '../reference/repository.ts';
import { type ListKey, readTags } from '../reflect/tag-list.ts';
import type { TagSummary } from '../reflect/tag-revision.ts';

/** What the ledger holds for each ImageRepository, read again only where a scan may have changed it. */
export interface TagSummaries {
  /** @throws PolicyError `FILTER_INVALID`; LedgerError */
  get(key: ListKey, exclusionList: readonly string[]): Promise<TagSummary>;
  /** The list changed, or may have. */
  forget(key: ListKey): void;
}

/** Summaries remembered: some hundred bytes each. */
const rememberedMax = 20_000;

export function makeTagSummaries(ledger: Pick<ScanLedger, 'listTags'>): TagSummaries {
  const remembered = new Map<string, Map<string, TagSummary>>();
  return {
    async get(key, exclusionList) {
      const list = repositoryName(key);
      const exclusions = JSON.stringify(exclusionList);
      const known = remembered.get(list)?.get(exclusions);
      if (known !== undefined) return known;
      const bySet = remembered.get(list) ?? new Map<string, TagSummary>();
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(list, bySet);
      const summary = await readTags(ledger, key, exclusionList, () => undefined);
      bySet.set(exclusions, summary);
      return summary;
    },
    forget(key) {
      remembered.delete(repositoryName(key));
    },
  };
}
