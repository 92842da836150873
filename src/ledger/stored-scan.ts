import { parseTag } from '../reference/tag.ts';
import { LedgerError } from './errors.ts';
import type { PageMark, ScanDoubt, ScanOutcome, ScanRecord } from './scan-ledger.ts';

type Row = Readonly<Record<string, unknown>>;

const outcomes: readonly ScanOutcome[] = ['complete', 'partial', 'suspect'];

/** A row of `scans`, from either database. @throws LedgerError `LEDGER_DAMAGED` */
export function scanFromRow(row: Row): ScanRecord {
  const outcome = outcomes.find((one) => one === row['outcome']);
  if (outcome === undefined)
    throw new LedgerError('LEDGER_DAMAGED', 'the ledger holds a scan without outcome');
  return {
    outcome,
    startedAt: Number(row['started_at']),
    endedAt: Number(row['ended_at']),
    tagCount: Number(row['tag_count']),
    pages: Number(row['pages']),
    pageSize: Number(row['page_size']),
    requests: Number(row['requests']),
    error: typeof row['error'] === 'string' ? row['error'] : undefined,
    doubt: doubtFromRow(row),
  };
}

/** PostgreSQL gives its large integers as text. */
function doubtFromRow({ doubted_since: since, names_asked_at: askedAt }: Row): ScanDoubt | undefined {
  if (askedAt === null || askedAt === undefined) return undefined;
  return { since: since === null ? undefined : Number(since), askedAt: Number(askedAt) };
}

/** Rows of `page_marks` as a list by position, with gaps where a page has no mark. */
export function marksFromRows(rows: readonly Row[]): readonly (PageMark | undefined)[] {
  const marks: (PageMark | undefined)[] = [];
  for (const row of rows) {
    const position = Number(row['position']);
    while (marks.length < position) marks.push(undefined);
    marks.push({
      fingerprint: Buffer.from(row['fingerprint'] as Uint8Array).toString('hex'),
      firstTag: parseTag(String(row['first_tag'])),
      lastTag: parseTag(String(row['last_tag'])),
      tagCount: Number(row['tag_count']),
    });
  }
  return marks;
}

/** Whether a page's mark is the one already stored, so that only what changed is written. */
export function isSameMark(a: PageMark | undefined, b: PageMark | undefined): boolean {
  return a?.fingerprint === b?.fingerprint && a?.firstTag === b?.firstTag && a?.lastTag === b?.lastTag;
}
