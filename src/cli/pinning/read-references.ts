import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type DeclaredFile, isNote } from '../../declared/declared.ts';
import { loadRules } from '../../declared/load-rules.ts';
import { stdinPath } from '../../declared/place.ts';
import { type ReadDeclaredOptions, readDeclared } from '../../declared/read-declared.ts';
import { renderChoices } from '../../declared/render-places.ts';
import type { Problem } from '../../findings/finding.ts';
import type { ReferenceInFile } from '../../lock/compare-lock.ts';
import { meaningOf, type NotLockable, referencesIn } from '../../pinning/lockable.ts';
import { type CommandOptions, flagOption, stringOption } from '../command.ts';
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

/** Adds the options of every command that reads references for a lock. */
export function addReadingOptions(command: Command): void {
  command
    .option('--config <file>', 'rules to use instead of the holdfast.yaml found from each path upwards')
    .addOption(
      new Option('--render <what>', 'also read what helm or kustomize makes of it')
        .choices([...renderChoices])
        .default('none'),
    );
}

/** Reads every reference under the PATHs. `lockPath` is absolute. */
export async function readReferences(
  host: Host,
  paths: readonly string[],
  options: CommandOptions,
  lockPath: string,
): Promise<DeclaredReferences> {
  const viewpoint = { cwd: host.cwd, lockFolder: dirname(lockPath) };
  const references: ReferenceInFile[] = [];
  const problems: Problem[] = [];
  const skipped: NotLockable[] = [];
  const progress = startProgress(host, 'reading manifest files');
  let files = 0;
  try {
    for await (const file of readDeclared(paths, await readingOptions(host, options))) {
      files += 1;
      progress.update(`read ${files} manifest files`);
      references.push(...referencesIn(file, viewpoint));
      problems.push(...file.problems);
      if (isEmptyInput(file) && !flagOption(options, 'allowEmpty')) problems.push(emptyInput);
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

/** Nothing on standard input is what a render that failed leaves, and so is its error message. */
function isEmptyInput({ file, fields, problems }: DeclaredFile): boolean {
  return file === stdinPath && fields.length === 0 && problems.length === 0;
}

const emptyInput: Problem = {
  code: 'INPUT_WITHOUT_IMAGES',
  message: 'no image was found on standard input, so nothing is taken out of the lock',
  hint: 'see whether what writes to it failed (set -o pipefail); if it is right, give --allow-empty',
  file: stdinPath,
};

/** What is read, and by which rules. */
export async function readingOptions(host: Host, options: CommandOptions): Promise<ReadDeclaredOptions> {
  const { cwd, stdin, env, signal } = host;
  const config = stringOption(options, 'config');
  return {
    cwd,
    stdin,
    env,
    signal,
    rules: config === undefined ? undefined : await loadRules(resolve(cwd, config)),
    render: renderChoices.find((choice) => choice === options['render']),
  };
}

export function countSkipped(reasons: readonly NotLockable[]): SkippedCounts {
  const counts: { [Reason in NotLockable]?: number } = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

const skippedTexts: readonly (readonly [NotLockable, string])[] = [
  ['no-tag-here', 'without a tag here (a chart, an operator or a base supplies it)'],
  ['uncertain', 'that only may be images (see holdfast images --min-confidence possible)'],
  ['not-a-reference', 'that are templates or placeholders'],
];

/** `Left out: 3 without a tag here (…); 2 that only may be images (…).` Empty where nothing was. */
export function skippedLine(skipped: SkippedCounts): string {
  const texts = skippedTexts.flatMap(([reason, text]) => {
    const count = skipped[reason];
    return count === undefined ? [] : [`${count} ${text}`];
  });
  return texts.length === 0 ? '' : `Left out: ${texts.join('; ')}.\n`;
}
