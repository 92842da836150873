import { realpath } from 'node:fs/promises';
import { type DeclaredFile, isNote } from '../declared/declared.ts';
import type { Problem } from '../findings/finding.ts';
import type { FilePlan, FilePlanner } from './pin-files.ts';
import { replaceFiles } from './replace-files.ts';

export type EditPlan = {
  readonly plans: readonly FilePlan[];
  /** Files that could not be looked at, and those that are none. */
  readonly problems: readonly Problem[];
};

/** What would become of every file; nothing is written. A file that two PATHs lead to is planned once. */
export async function planEdits(
  files: AsyncIterable<DeclaredFile>,
  planner: FilePlanner,
  onFile: () => void,
): Promise<EditPlan> {
  const plans: FilePlan[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for await (const file of files) {
    onFile();
    problems.push(...file.problems.filter((problem) => !isNote(problem)));
    if (file.fields.length === 0) continue;
    if (file.path === undefined) {
      problems.push(notAFile(file.file));
      continue;
    }
    // Links lead to files that may be read by their own name too.
    const identity = await realpath(file.path);
    if (!seen.has(identity)) plans.push(planner(file));
    seen.add(identity);
  }
  return { plans, problems };
}

/**
 * Writes the planned files. Those that could not be written are left alone and told, and are no longer among
 * the plans.
 * @throws the signal's reason where it is aborted before the first file is in place; then none is
 */
export async function carryOutEdits(plan: EditPlan, signal: AbortSignal): Promise<EditPlan> {
  const replacements = plan.plans.flatMap(({ file, after }) =>
    file.path === undefined || after === file.text ? [] : [{ path: file.path, before: file.text, after }],
  );
  const failures = await replaceFiles(replacements, { signal });
  const failed = new Map(failures.map(({ path, error }) => [path, error]));
  return {
    plans: plan.plans.filter(({ file }) => file.path === undefined || !failed.has(file.path)),
    problems: [
      ...plan.problems,
      ...failures.map(({ error: { code, message, hint } }) => ({
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
      })),
    ],
  };
}

function notAFile(file: string): Problem {
  return {
    code: 'NOT_A_FILE',
    message: 'only files on disk can be edited',
    hint: 'name the files or folders themselves',
    file,
  };
}
