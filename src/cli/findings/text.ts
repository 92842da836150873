import type { Finding, Problem, Report, Severity } from '../../findings/finding.ts';
import type { Paint } from '../color.ts';

const colorOf = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** For people: grouped by file, place and rule first, the hint below, and a closing count. */
export function renderText(report: Report, paint: Paint): string {
  const lines: string[] = [];
  for (const [file, findings] of byFile(report.findings)) {
    lines.push(file === '' ? paint('bold', '(no file)') : paint('bold', file));
    for (const finding of findings) lines.push(...findingLines(finding, paint));
    lines.push('');
  }
  if (report.problems.length > 0) {
    lines.push(paint('bold', 'Could not look at:'));
    for (const problem of report.problems) lines.push(...problemLines(problem, paint));
    lines.push('');
  }
  lines.push(summary(report));
  return `${lines.join('\n')}\n`;
}

function findingLines(finding: Finding, paint: Paint): string[] {
  const place = finding.line === undefined ? '' : `${finding.line}:${finding.column ?? 1}`;
  const severity = paint(colorOf[finding.severity], finding.severity.padEnd(7));
  const head = `  ${place.padEnd(8)} ${severity}  ${finding.message}  ${paint('dim', finding.rule)}`;
  return finding.hint === undefined ? [head] : [head, `           ${paint('dim', `do: ${finding.hint}`)}`];
}

function problemLines(problem: Problem, paint: Paint): string[] {
  const file = problem.file ?? problem.path;
  const place = file === undefined ? '' : `${file}${problem.line === undefined ? '' : `:${problem.line}`}  `;
  const head = `  ${place}${problem.message}  ${paint('dim', problem.code)}`;
  return problem.hint === undefined ? [head] : [head, `           ${paint('dim', `do: ${problem.hint}`)}`];
}

function summary(report: Report): string {
  if (report.findings.length === 0) {
    return report.problems.length === 0
      ? 'No findings.'
      : `No findings, but ${plural(report.problems.length, 'place')} could not be looked at.`;
  }
  const counts = (['error', 'warning', 'note'] as const satisfies readonly Severity[])
    .map((severity) => [severity, report.findings.filter((one) => one.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => plural(count, severity));
  const files = new Set(
    report.findings.map((one) => one.path ?? one.file).filter((file) => file !== undefined),
  );
  const where = files.size === 0 ? '' : ` in ${plural(files.size, 'file')}`;
  const unseen =
    report.problems.length === 0 ? '' : `; ${plural(report.problems.length, 'place')} could not be looked at`;
  return `${counts.join(', ')}${where}${unseen}.`;
}

function byFile(findings: readonly Finding[]): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = finding.file ?? finding.path ?? '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return groups;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
