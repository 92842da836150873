import { type Tag, tryParseTag } from '../reference/tag.ts';
import type { OpenScan, PageMark } from './scan-ledger.ts';
import type { TagListPage } from './tag-lister.ts';

/** Tags read from the ledger at once: a few hundred kilobytes. */
const batchTags = 10_000;

/** What came of comparing a registry's whole list with what the ledger lists. The differences are staged. */
export type ComparedList = {
  readonly tagCount: number;
  readonly pages: number;
  /** Pages known by their mark and not read. */
  readonly skippedPages: number;
  readonly pageSize: number;
  /** Texts in the list that are no tags. */
  readonly refused: number;
  readonly sorted: boolean;
  /** Marks of the pages, right where every tag that the list misses turns out to be gone. */
  readonly marks: readonly (PageMark | undefined)[];
  /** Those that are right even where a missing tag stays: none for a stretch that misses one. */
  readonly safeMarks: readonly (PageMark | undefined)[];
};

type Tally = { tagCount: number; pages: number; skippedPages: number; pageSize: number; refused: number };

/**
 * Compares page by page, in memory that does not grow with the list: a merge of two sorted streams where the
 * registry sorts, a spool where it does not. Pages whose marks are trusted and equal are not read.
 */
export async function compareList(
  scan: OpenScan,
  openPages: () => AsyncIterable<TagListPage>,
  trustMarks: boolean,
): Promise<ComparedList> {
  if (scan.start.sorted) return compareSorted(scan, openPages(), trustMarks);
  if (!trustMarks) return compareUnsorted(scan, openPages());
  // Without order a page says nothing about tags that are not on it, so either every page is the same or
  // all must be read. The first look that finds a difference is thrown away.
  return (await compareMarks(scan, openPages())) ?? compareUnsorted(scan, openPages());
}

/** A mark is trusted only where the page's tags all come after everything seen before it. */
async function compareSorted(
  scan: OpenScan,
  pages: AsyncIterable<TagListPage>,
  trustMarks: boolean,
): Promise<ComparedList> {
  const tally = newTally();
  const marks: (PageMark | undefined)[] = [];
  const safeMarks: (PageMark | undefined)[] = [];
  let spooling = false;
  let last: Tag | undefined;
  for await (const page of pages) {
    const known = trustMarks ? scan.start.marks[tally.pages] : undefined;
    if (
      !spooling &&
      known?.fingerprint === page.fingerprint &&
      (last === undefined || last < known.firstTag)
    ) {
      const missed = await compareStretch(scan, [known.firstTag], last, known.firstTag);
      marks.push(known);
      safeMarks.push(missed === 0 ? known : undefined);
      count(tally, known.tagCount);
      tally.skippedPages += 1;
      last = known.lastTag;
      continue;
    }
    const tags = readPage(page, tally);
    const first = tags[0];
    const end = tags.at(-1);
    count(tally, tags.length);
    if (first === undefined || end === undefined) {
      marks.push(undefined);
      safeMarks.push(undefined);
      continue;
    }
    if (!spooling && last !== undefined && first <= last) {
      await scan.beginSpool(last);
      spooling = true;
    }
    if (spooling) await scan.spool(tags);
    const missed = spooling ? 0 : await compareStretch(scan, tags, last, end);
    const mark = markOf(page, first, end, tags.length);
    marks.push(mark);
    safeMarks.push(missed === 0 ? mark : undefined);
    last = end;
  }
  if (!spooling) {
    await compareStretch(scan, [], last, undefined);
    return { ...tally, sorted: true, marks, safeMarks };
  }
  await scan.endSpool();
  return { ...tally, sorted: false, marks, safeMarks: [] };
}

/** The known list, where every page of it is the same; undefined at the first difference. */
async function compareMarks(
  scan: OpenScan,
  pages: AsyncIterable<TagListPage>,
): Promise<ComparedList | undefined> {
  const { marks } = scan.start;
  const tally = newTally();
  for await (const page of pages) {
    const known = marks[tally.pages];
    if (known?.fingerprint !== page.fingerprint) return undefined;
    count(tally, known.tagCount);
  }
  if (tally.pages === 0 || tally.pages !== marks.length) return undefined;
  return { ...tally, skippedPages: tally.pages, sorted: false, marks, safeMarks: marks };
}

async function compareUnsorted(scan: OpenScan, pages: AsyncIterable<TagListPage>): Promise<ComparedList> {
  const tally = newTally();
  const marks: (PageMark | undefined)[] = [];
  let sorted = true;
  let last: Tag | undefined;
  await scan.beginSpool(undefined);
  for await (const page of pages) {
    const tags = readPage(page, tally);
    const first = tags[0];
    const end = tags.at(-1);
    count(tally, tags.length);
    if (first === undefined || end === undefined) {
      marks.push(undefined);
      continue;
    }
    if (last !== undefined && first <= last) sorted = false;
    marks.push(markOf(page, first, end, tags.length));
    await scan.spool(tags);
    last = end;
  }
  await scan.endSpool();
  return { ...tally, sorted, marks, safeMarks: [] };
}

/**
 * Merges one stretch of the list with the same stretch of the ledger and stages the differences; answers how
 * many known tags the list misses there.
 */
async function compareStretch(
  scan: OpenScan,
  listed: readonly Tag[],
  after: Tag | undefined,
  through: Tag | undefined,
): Promise<number> {
  let index = 0;
  let missed = 0;
  let from = after;
  for (;;) {
    const known = scan.start.tagCount === 0 ? [] : await scan.listPresent(from, through, batchTags);
    const appeared: Tag[] = [];
    const missing: Tag[] = [];
    for (const tag of known) {
      for (let next = listed[index]; next !== undefined && next < tag; next = listed[index]) {
        appeared.push(next);
        index += 1;
      }
      if (listed[index] === tag) index += 1;
      else missing.push(tag);
    }
    missed += missing.length;
    from = known.at(-1);
    const isLast = known.length < batchTags;
    await scan.stage({ appeared: isLast ? appeared.concat(listed.slice(index)) : appeared, missing });
    if (isLast) return missed;
  }
}

/** A page's tags in byte order, each once. Registries that list texts which are no tags exist. */
function readPage(page: TagListPage, tally: Tally): readonly Tag[] {
  const tags: Tag[] = [];
  let inOrder = true;
  for (const text of page.readTags()) {
    const tag = tryParseTag(text);
    const previous = tags.at(-1);
    if (tag === undefined) tally.refused += 1;
    else {
      if (previous !== undefined && tag <= previous) inOrder = false;
      tags.push(tag);
    }
  }
  return inOrder ? tags : [...new Set(tags)].sort();
}

function markOf(page: TagListPage, firstTag: Tag, lastTag: Tag, tagCount: number): PageMark {
  return { fingerprint: page.fingerprint, firstTag, lastTag, tagCount };
}

function newTally(): Tally {
  return { tagCount: 0, pages: 0, skippedPages: 0, pageSize: 0, refused: 0 };
}

function count(tally: Tally, tags: number): void {
  tally.pages += 1;
  tally.tagCount += tags;
  tally.pageSize = Math.max(tally.pageSize, tags);
}
