import type { ImagePolicy } from '../api/image-policy.ts';
import type { ImageRepository, ImageRepositorySpec } from '../api/image-repository.ts';
import { FieldError } from '../api/read-fields.ts';
import { type ScanLedger, type ScanRecord, scansKept } from '../ledger/scan-ledger.ts';
import { makeSelector, type Selector } from '../policy/select.ts';
import { compileExclusions } from '../policy/tag-filter.ts';
import { parseReflectedImage } from '../reflect/reflected-image.ts';
import { reflectPolicy } from '../reflect/selection-policy.ts';
import { type ListKey, ledgerPages, listKeyOf } from '../reflect/tag-list.ts';
import { countFamilies, type FamilyCounter } from './tag-families.ts';

/** What the ledger knows of a repository's list of tags. */
export type ListHistory = {
  /** Whole scans, and from the first of them to the last, in milliseconds. */
  readonly scans: number;
  readonly observedMs: number;
  /** Scans after the first that found other tags than before. */
  readonly changes: number;
  /** Whether these are all changes, or those that can be seen by the number of tags. */
  readonly isWhole: boolean;
  /** Of the registry's list, in the last whole scan. */
  readonly pages: number;
  /** Tags listed, those excluded left out. */
  readonly tagCount: number;
  /** What could be excluded; undefined where it cannot be told which tags are needed. */
  readonly families: ReturnType<FamilyCounter['outcome']>['families'] | undefined;
  /** Of the names of the listed tags. */
  readonly bytes: number;
};

/** The policies that select from a repository; none where they are not known. */
export function policiesOf(
  repository: ImageRepository,
  policies: readonly ImagePolicy[] = [],
): readonly ImagePolicy[] {
  const { namespace, name } = repository.meta;
  return policies.filter(
    ({ spec }) =>
      !(spec instanceof FieldError) &&
      spec.repository.namespace === namespace &&
      spec.repository.name === name,
  );
}

type HistoryLedger = Pick<ScanLedger, 'listScans' | 'readGeneration' | 'listTags'>;

/**
 * What the ledger knows of a repository, its tags weighed by the policies that select from it. Undefined where it
 * was never scanned whole, or its spec cannot be read.
 * @throws LedgerError; the signal's reason
 */
export async function readHistory(
  ledger: HistoryLedger,
  repository: ImageRepository,
  policies: readonly ImagePolicy[],
  signal?: AbortSignal,
): Promise<ListHistory | undefined> {
  const { spec, meta } = repository;
  if (spec instanceof FieldError) return undefined;
  const image = parseReflectedImage(spec.image);
  if ('problem' in image) return undefined;
  const key = listKeyOf(image.repository, spec, meta);
  const records = await ledger.listScans(key, scansKept);
  const whole = records.filter(({ outcome }) => outcome === 'complete');
  const [last, first] = [whole[0], whole.at(-1)];
  if (last === undefined || first === undefined) return undefined;
  const isWhole = records.length < scansKept;
  const tags = await weighTags(ledger, key, { spec, policies, signal });
  return {
    scans: whole.length,
    observedMs: last.endedAt - first.startedAt,
    // The first scan changed nothing: it found what was there.
    changes: isWhole ? Math.max(0, (await ledger.readGeneration(key)) - 1) : countVisibleChanges(whole),
    isWhole,
    pages: last.pages,
    ...tags,
  };
}

function countVisibleChanges(scans: readonly ScanRecord[]): number {
  return scans.filter((scan, index) => index > 0 && scan.tagCount !== scans[index - 1]?.tagCount).length;
}

type Weighing = {
  readonly spec: ImageRepositorySpec;
  readonly policies: readonly ImagePolicy[];
  readonly signal: AbortSignal | undefined;
};

async function weighTags(
  ledger: HistoryLedger,
  key: ListKey,
  { spec, policies, signal }: Weighing,
): Promise<Pick<ListHistory, 'tagCount' | 'bytes' | 'families'>> {
  const isCandidate = candidacyOf(policies);
  const exclusionOf = compileExclusions(spec.exclusionList);
  const counter = countFamilies();
  for await (const page of ledgerPages(ledger, key)) {
    signal?.throwIfAborted();
    for (const tag of page) if (exclusionOf(tag) === undefined) counter.add(tag, isCandidate?.(tag) ?? true);
  }
  const { tags, bytes, families } = counter.outcome();
  return { tagCount: tags, bytes, families: isCandidate === undefined ? undefined : families };
}

/**
 * Whether any of the policies could select a tag, by its name alone. Undefined where nobody can tell: there is
 * no policy, or one that cannot be understood.
 */
function candidacyOf(policies: readonly ImagePolicy[]): ((tag: string) => boolean) | undefined {
  if (policies.length === 0) return undefined;
  const selectors: Selector[] = [];
  for (const { spec } of policies) {
    const reflected = spec instanceof FieldError ? undefined : reflectPolicy(spec);
    if (reflected === undefined || 'problem' in reflected) return undefined;
    selectors.push(makeSelector(reflected.policy, { now: 0 }));
  }
  return (tag) => selectors.some((selector) => selector.offer(tag) === undefined);
}
