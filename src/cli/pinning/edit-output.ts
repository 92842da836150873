import type { EditPlan } from '../../pinning/edit-files.ts';
import type { FieldEdit } from '../../pinning/pin-files.ts';
import { shortDigest } from '../../reference/digest.ts';
import { joinReference } from '../../reference/reference.ts';
import { paintFor } from '../color.ts';
import type { CommandOptions } from '../command.ts';
import { renderText } from '../findings/text.ts';
import type { Host } from '../host.ts';
import { outputFormat, writeOutput, writeText } from '../output.ts';
import { printable } from '../printable.ts';
import { columnWidths, renderRows } from '../table.ts';
import { countSkipped, skippedLine } from './read-references.ts';

export type EditsShown = EditPlan & {
  readonly lockFile: string;
  readonly isDryRun: boolean;
};

/** A dry run for people is the patch alone on standard output, so that it can be piped; the rest goes to stderr. */
export async function writeEdits(host: Host, options: CommandOptions, shown: EditsShown): Promise<void> {
  const diff = shown.isDryRun ? await patchOf(host, shown) : undefined;
  if (diff !== undefined && outputFormat(options) === 'table') {
    await writeText(host, diff);
    host.stderr.write(reportText(host, shown));
    return;
  }
  const value = diff === undefined ? editsJson(shown) : { ...editsJson(shown), diff };
  await writeOutput(host, options, value, () => editsTable(host, shown) + reportText(host, shown));
}

async function patchOf(host: Host, { plans }: EditsShown): Promise<string> {
  const { unifiedDiff } = await import('../../pinning/unified-diff.ts');
  const differences = plans.flatMap(({ file, after }) =>
    file.path === undefined ? [] : [{ path: file.path, before: file.text, after }],
  );
  return unifiedDiff(differences, host.cwd);
}

function editsJson({ plans, problems, lockFile, isDryRun }: EditsShown): Readonly<Record<string, unknown>> {
  return {
    lockFile,
    dryRun: isDryRun,
    edits: plans.flatMap((plan) => plan.edits.map(editJson)),
    refused: plans.flatMap((plan) =>
      plan.refused.map(({ edit, refusal: { reason, message, hint } }) => ({
        ...editJson(edit),
        reason,
        message,
        hint,
      })),
    ),
    left: plans.flatMap((plan) =>
      plan.left.map(({ reference, file, line, column }) => ({
        file,
        line,
        column,
        reference: reference.original,
      })),
    ),
    skipped: countSkipped(plans.flatMap((plan) => plan.skipped)),
    findings: plans.flatMap((plan) => plan.findings),
    problems,
  };
}

function editJson({ at, field, from, to }: FieldEdit): Readonly<Record<string, unknown>> {
  const { file, path, line, column } = at;
  return {
    file,
    path,
    document: field.document,
    pointer: field.pointer,
    line,
    column,
    from,
    to: to.original,
  };
}

function editsTable(host: Host, { plans }: EditsShown): string {
  const paint = paintFor(host);
  const rows = plans.flatMap((plan) =>
    plan.edits.map(({ at, to }) => {
      const { name, tag, digest } = at.reference;
      return [
        printable(`${at.path ?? at.file}:${at.line}`),
        joinReference(name, tag, undefined),
        ...(digest === undefined ? [] : [paint('red', `- ${shortDigest(digest)}`)]),
        ...(to.digest === undefined ? [] : [paint('green', `+ ${shortDigest(to.digest)}`)]),
      ];
    }),
  );
  return renderRows(rows, columnWidths(rows));
}

/** How many, what was not possible and why, and what was found. */
function reportText(host: Host, { plans, problems, isDryRun }: EditsShown): string {
  const edits = plans.flatMap((plan) => plan.edits);
  const refused = plans.flatMap((plan) => plan.refused);
  const left = plans.flatMap((plan) => plan.left);
  const files = plans.filter((plan) => plan.edits.length > 0).length;
  const verb = isDryRun ? 'would change' : 'changed';
  const lines = refused.flatMap(({ edit, refusal }) => [
    `  ${printable(`${edit.at.path ?? edit.at.file}:${edit.at.line}`)}  ${printable(refusal.message)}`,
    ...(refusal.hint === undefined ? [] : [`    do: ${printable(refusal.hint)}`]),
  ]);
  const findings = plans.flatMap((plan) => plan.findings);
  const isClean = findings.length === 0 && problems.length === 0;
  return [
    edits.length === 0
      ? 'nothing to change\n'
      : `${verb} ${plural(edits.length, 'image field')} in ${plural(files, 'file')}\n`,
    left.length === 0 ? '' : `${plural(left.length, 'digest')} not written by the lock left in place\n`,
    skippedLine(countSkipped(plans.flatMap((plan) => plan.skipped))),
    refused.length === 0 ? '' : `\nCould not be edited safely, and left alone:\n${lines.join('\n')}\n`,
    isClean ? '' : `\n${renderText({ findings, problems }, paintFor(host))}`,
  ].join('');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
