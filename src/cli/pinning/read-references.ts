import { dirname } from 'node:path';
import { isNote } from '../../declared/declared.ts';
import { readDeclared } from '../../declared/read-declared.ts';
import type { Problem } from '../../findings/finding.ts';
import type { ReferenceInFile } from '../../lock/compare-lock.ts';
import { meaningOf, type NotLockable, referencesIn } from '../../pinning/lockable.ts';
import type { Host } from '../host.ts';
import { startProgress } from '../progress.ts';

/** What PATHs declare, as locking needs it. */
export type DeclaredReferences = {
  readonly references: readonly ReferenceInFile[];
  /** What could not be looked at: a lock of the rest is not whole. */
  readonly problems: readonly Problem[];
  /** How the rest was looked at. */
  readonly notes: readonly Problem[];
  /** Image fields without a reference of their own, by reason. */
  readonly skipped: SkippedCounts;
};

export type SkippedCounts = { readonly [Reason in NotLockable]?: number };

/** Reads every reference under the PATHs. `lockPath` is absolute. */
export async function readReferences(
  host: Host,
  paths: readonly string[],
  lockPath: string,
): Promise<DeclaredReferences> {
  const viewpoint = { cwd: host.cwd, lockFolder: dirname(lockPath) };
  const references: ReferenceInFile[] = [];
  const problems: Problem[] = [];
  const skipped: NotLockable[] = [];
  const progress = startProgress(host, 'reading manifest files');
  let files = 0;
  try {
    for await (const file of readDeclared(paths, host)) {
      files += 1;
      progress.update(`read ${files} manifest files`);
      references.push(...referencesIn(file, viewpoint));
      problems.push(...file.problems);
      for (const field of file.fields) {
        const meaning = meaningOf(field);
        if (meaning.kind === 'none') skipped.push(meaning.because);
      }
    }
  } finally {
    progress.stop();
  }
  return {
    references,
    problems: problems.filter((problem) => !isNote(problem)),
    notes: problems.filter(isNote),
    skipped: countSkipped(skipped),
  };
}

export function countSkipped(reasons: readonly NotLockable[]): SkippedCounts {
  const counts: { [Reason in NotLockable]?: number } = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

const skippedTexts: Readonly<Record<NotLockable, string>> = {
  'no-tag-here': 'without a tag here (a chart, an operator or a base supplies it)',
  uncertain: 'that only may be images (see holdfast images --min-confidence possible)',
  'not-a-reference': 'that are templates or placeholders',
};

/** `Left out: 3 without a tag here (…); 2 that only may be images (…).` Empty where nothing was. */
export function skippedLine(skipped: SkippedCounts): string {
  const texts = Object.entries(skippedTexts).flatMap(([reason, text]) => {
    const count = Object.entries(skipped).find(([key]) => key === reason)?.[1] ?? 0;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  return texts.length === 0 ? '' : `Left out: ${texts.join('; ')}.\n`;
}
