import type { LockEntry } from '../../lock/lock.ts';
import { lockEntryDocument } from '../../lock/lock-file.ts';
import type { LockOutcome } from '../../pinning/lock-references.ts';
import { shortDigest } from '../../reference/digest.ts';
import { paintFor } from '../color.ts';
import { renderText } from '../findings/text.ts';
import type { Host } from '../host.ts';
import { columnWidths, renderRows } from '../table.ts';
import { type SkippedCounts, skippedLine } from './read-references.ts';

export type LockShown = {
  readonly outcome: LockOutcome;
  /** The lock file, relative to the working directory. */
  readonly file: string;
  readonly state: 'written' | 'unchanged';
  readonly skipped: SkippedCounts;
};

/** The keys are promises; more may come to stand beside them. */
export function lockJson({ outcome, file, state, skipped }: LockShown): Readonly<Record<string, unknown>> {
  const { lock, added, updated, removed, report, moves } = outcome;
  return {
    lockFile: file,
    written: state === 'written',
    images: lock.entries.map(lockEntryDocument),
    added: added.map((entry) => entry.reference.original),
    updated: updated.map((entry) => ({
      reference: entry.reference.original,
      from: entry.replaced?.[0],
      to: entry.digest,
    })),
    removed: removed.map((entry) => entry.reference.original),
    moves: moves.length,
    skipped,
    findings: report.findings,
    problems: report.problems,
  };
}

export async function lockTable(host: Host, shown: LockShown): Promise<string> {
  const { lock, added, updated, removed, report } = shown.outcome;
  const paint = paintFor(host);
  const rows = [
    ...added.map((entry) => [paint('green', '+'), entry.reference.original, digestsOf(entry)]),
    ...updated.map((entry) => [paint('yellow', '~'), entry.reference.original, digestsOf(entry)]),
    ...removed.map((entry) => [paint('red', '-'), entry.reference.original, '']),
  ];
  const counts = [
    [added.length, 'added'],
    [updated.length, 'updated'],
    [removed.length, 'removed'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  const changes = counts.length === 0 ? 'nothing changed' : counts.join(', ');
  const head = `${shown.file}: ${lock.entries.length} reference${lock.entries.length === 1 ? '' : 's'}, ${changes}\n`;
  const isClean = report.findings.length === 0 && report.problems.length === 0;
  return [
    renderRows(rows, columnWidths(rows)),
    head,
    skippedLine(shown.skipped),
    isClean ? '' : `\n${renderText(report, paint)}`,
  ].join('');
}

/** `sha256:old -> sha256:new`, and the tag that does not move where there is one. */
function digestsOf({ digest, replaced, buildTag }: LockEntry): string {
  const [before] = replaced ?? [];
  const change = before === undefined ? '' : `${shortDigest(before)} -> `;
  return `${change}${shortDigest(digest)}${buildTag === undefined ? '' : `  (= ${buildTag})`}`;
}
