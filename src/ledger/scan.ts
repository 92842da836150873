import type { Clock, EpochMs } from '../clock.ts';
import { type Repository, repositoryName } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import { type ComparedList, compareList } from './compare-list.ts';
import { confirmMissing, type MissingVerdict } from './confirm-missing.ts';
import { describeFailure } from './describe-failure.ts';
import { believedAfterMs } from './doubt-list.ts';
import { LedgerError } from './errors.ts';
import type { LedgerReader, LedgerWriter, Move } from './ledger.ts';
import { type DigestChoice, type DigestProblem, lookUpDigests } from './look-up-digests.ts';
import type { OpenScan, ScanDoubt, ScanLedger, ScanOutcome, ScanRecord } from './scan-ledger.ts';
import type { TagLister, TagListPage } from './tag-lister.ts';

/** Marks are trusted this long after a look that read every page: then everything is read again. */
const marksTrustedMs = 24 * 60 * 60 * 1000;

/** Scans begun anew because another one finished meanwhile, before giving up. */
const overtakenMax = 3;

/** Changed tags told one by one: of more, whoever remembers the list reads it anew. */
const changedTagsMax = 1000;

/** Appeared and gone tags named in a result; beyond that the numbers must do. */
const namedTagsMax = 100;

/** Why a scan of a repository that is not there is none. */
export const unknownRepositoryReason = 'the registry knows no such repository';

/** Longest reason kept with a scan. */
const errorLengthMax = 1000;

export type ScanOptions = {
  readonly digests: DigestChoice;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then what the scan is at. */
  readonly onProgress?: ((text: string) => void) | undefined;
  /** A list of so many tags or more is believed however short it is, without asking for what it lacks. Default: none. */
  readonly acceptsFrom?: number | undefined;
  /** The command by which a person accepts a list of so many tags; of the command line where absent. */
  readonly acceptedBy?: (tags: number) => string;
  /** What is kept with a scan that failed at the registry; as on the command line where absent. */
  readonly describeFailure?: (error: unknown) => string;
};

export type ScanResult = {
  readonly repository: Repository;
  readonly outcome: ScanOutcome;
  /** Why it is partial or suspect. */
  readonly reason: string | undefined;
  readonly tagCount: number;
  readonly appeared: number;
  readonly appearedTags: readonly Tag[];
  readonly gone: number;
  readonly goneTags: readonly Tag[];
  /** All that changed in the list; undefined where the scan was not complete, or where that is much. */
  readonly change: ListChange | undefined;
  /** Missing from the list, yet there when asked for by name. */
  readonly forgotten: number;
  /** When a suspect list is believed if it is still so; undefined where it will not be, or where none is. */
  readonly believableAt: EpochMs | undefined;
  /** Missing from a list that forgot others, and not asked for yet: still listed, the next scans will ask. */
  readonly unconfirmed: number;
  /** Texts in the list that are no tags. */
  readonly refused: number;
  readonly moves: readonly Move[];
  readonly digestsAsked: number;
  readonly problems: readonly DigestProblem[];
  readonly pages: number;
  readonly skippedPages: number;
  readonly pageSize: number;
  readonly requests: number;
  readonly durationMs: number;
};

/** How one generation of a repository's list came out of another: see `readGeneration`. */
export type ListChange = {
  readonly from: number;
  readonly to: number;
  /** Not listed in `from`. */
  readonly appeared: readonly Tag[];
  /** Listed in `from`, and no longer. */
  readonly gone: readonly Tag[];
};

/** What a scan stands on. */
export type ScanPlaces = {
  readonly lister: TagLister;
  readonly ledger: LedgerReader & LedgerWriter & ScanLedger;
  readonly clock: Clock;
};

/**
 * Looks at all tags of a repository, and at the digests of those somebody cares about, and records both.
 * Whatever kept it from seeing the whole list makes it partial, and the tags stay as they were.
 * @throws LedgerError; whatever `signal` was aborted with
 */
export async function scanRepository(
  places: ScanPlaces,
  repository: Repository,
  options: ScanOptions,
): Promise<ScanResult> {
  const startedAt = places.clock.now();
  const listed = await scanTags(places, repository, options);
  const looked =
    listed.outcome === 'complete'
      ? await lookUpDigests(places, repository, options)
      : { moves: [], asked: 0, requests: 0, problems: [] };
  return {
    ...listed,
    repository,
    moves: looked.moves,
    digestsAsked: looked.asked,
    problems: looked.problems,
    requests: listed.requests + looked.requests,
    durationMs: places.clock.now() - startedAt,
  };
}

type TagScan = Omit<ScanResult, 'repository' | 'moves' | 'digestsAsked' | 'problems' | 'durationMs'>;

async function scanTags(places: ScanPlaces, repository: Repository, options: ScanOptions): Promise<TagScan> {
  for (let attempt = 0; attempt < overtakenMax; attempt += 1) {
    const open = await places.ledger.openScan(repository);
    try {
      const scan = await scanOnce(places, repository, options, open);
      if (scan !== undefined) return scan;
    } finally {
      await open.close();
    }
  }
  throw new LedgerError(
    'SCAN_OVERTAKEN',
    `other scans of ${repositoryName(repository)} finished first, ${overtakenMax} times`,
    { hint: 'let one scan of a repository end before the next begins', retryable: true },
  );
}

/** Undefined where another scan finished meanwhile. */
async function scanOnce(
  { lister, clock }: ScanPlaces,
  repository: Repository,
  options: ScanOptions,
  open: OpenScan,
): Promise<TagScan | undefined> {
  const { describeFailure: describe = describeFailure } = options;
  const startedAt = clock.now();
  const progress = { pages: 0 };
  let list: ComparedList | undefined;
  const record = (outcome: ScanOutcome, requests: number, error?: string, doubt?: ScanDoubt): ScanRecord => ({
    outcome,
    startedAt,
    endedAt: clock.now(),
    tagCount: list?.tagCount ?? 0,
    pages: progress.pages,
    pageSize: list?.pageSize ?? 0,
    requests,
    error: error?.slice(0, errorLengthMax),
    doubt,
  });
  try {
    const trusted = trustsMarks(open, startedAt);
    list = await compareList(open, () => listPages(lister, repository, options, progress), trusted);
    if (list.pages === 0 && open.start.tagCount === 0) {
      return await abandon(open, record('partial', 1, unknownRepositoryReason));
    }
    const verdict = await confirmMissing(lister, open, list, {
      repository,
      now: startedAt,
      acceptsFrom: options.acceptsFrom,
      acceptedBy: options.acceptedBy ?? (() => `holdfast scan ${repositoryName(repository)} --accept-shrunk`),
      signal: options.signal,
    });
    const requests = progress.pages + verdict.requests;
    if (verdict.kind === 'suspect') {
      return await abandon(open, record('suspect', requests, verdict.reason, verdict.doubt));
    }
    return await complete(open, record('complete', requests), list, verdict);
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const reason = options.signal?.aborted === true ? 'interrupted' : describe(error);
    const partial = await abandon(open, record('partial', progress.pages, reason));
    if (options.signal?.aborted === true) throw error;
    return partial;
  }
}

function trustsMarks({ start }: OpenScan, now: EpochMs): boolean {
  const age = start.readWholeAt === undefined ? Number.POSITIVE_INFINITY : now - start.readWholeAt;
  return age >= 0 && age < marksTrustedMs;
}

async function* listPages(
  lister: TagLister,
  repository: Repository,
  { signal, onProgress }: ScanOptions,
  progress: { pages: number },
): AsyncIterable<TagListPage> {
  for await (const page of lister.listTagPages(repository, signal === undefined ? {} : { signal })) {
    signal?.throwIfAborted();
    progress.pages += 1;
    onProgress?.(`${repositoryName(repository)}: page ${progress.pages} of its tags`);
    yield page;
  }
}

async function complete(
  open: OpenScan,
  record: ScanRecord,
  list: ComparedList,
  verdict: Extract<MissingVerdict, { kind: 'believed' }>,
): Promise<TagScan | undefined> {
  const { appeared } = await open.countStaged();
  const appearedTags = await open.sampleAppeared(changedTagsMax);
  const goneTags = verdict.gone === 'missing' ? await open.sampleMissing(changedTagsMax) : verdict.gone;
  const recorded = await open.complete(record, {
    gone: verdict.gone,
    marks: verdict.forgotten + verdict.unconfirmed === 0 ? list.marks : list.safeMarks,
    sorted: list.sorted,
    readWholeAt: list.skippedPages === 0 ? record.startedAt : (open.start.readWholeAt ?? record.startedAt),
  });
  if (recorded === 'overtaken') return undefined;
  return {
    ...scanOf(record),
    appeared,
    appearedTags: appearedTags.slice(0, namedTagsMax),
    gone: verdict.goneCount,
    goneTags: goneTags.slice(0, namedTagsMax),
    change:
      verdict.goneCount > goneTags.length
        ? undefined
        : changeOf(open.start.generation, appeared, appearedTags, goneTags),
    forgotten: verdict.forgotten,
    unconfirmed: verdict.unconfirmed,
    refused: list.refused,
    skippedPages: list.skippedPages,
  };
}

function changeOf(
  from: number,
  appearedCount: number,
  appeared: readonly Tag[],
  gone: readonly Tag[],
): ListChange | undefined {
  if (appearedCount > appeared.length || gone.length > changedTagsMax) return undefined;
  return { from, to: appeared.length + gone.length === 0 ? from : from + 1, appeared, gone };
}

async function abandon(open: OpenScan, record: ScanRecord): Promise<TagScan> {
  await open.abandon(record);
  return scanOf(record);
}

function scanOf(record: ScanRecord): TagScan {
  return {
    outcome: record.outcome,
    reason: record.error,
    tagCount: record.tagCount,
    pages: record.pages,
    pageSize: record.pageSize,
    requests: record.requests,
    appeared: 0,
    appearedTags: [],
    gone: 0,
    goneTags: [],
    change: undefined,
    forgotten: 0,
    believableAt: record.doubt?.since === undefined ? undefined : record.doubt.since + believedAfterMs,
    unconfirmed: 0,
    refused: 0,
    skippedPages: 0,
  };
}
