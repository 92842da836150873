import type { Finding, Problem, Report, Severity } from '../../findings/finding.ts';
import type { Paint } from '../color.ts';

const colorOf = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** For people: grouped by file, place and severity first; what to do below, once; and a closing count. */
export function renderText(report: Report, paint: Paint): string {
  const lines: string[] = [];
  const shared = sharedHints(report.findings);
  for (const [file, findings] of Map.groupBy(report.findings, (one) => one.file ?? one.path ?? '')) {
    lines.push(paint('bold', file === '' ? '(no file)' : file));
    for (const finding of findings) lines.push(...findingLines(finding, shared, paint));
    lines.push('');
  }
  lines.push(...problemsLines(report.problems, paint));
  if (shared.size > 0) {
    lines.push(paint('bold', 'What to do:'));
    for (const [hint, rule] of shared) lines.push(`  ${rule}: ${hint}`);
    lines.push('');
  }
  lines.push(summary(report));
  return `${lines.join('\n')}\n`;
}

/** What could not be looked at, under its title; nothing where there is none. */
export function problemsLines(problems: readonly Problem[], paint: Paint): readonly string[] {
  if (problems.length === 0) return [];
  const lines = [paint('bold', 'Could not look at:')];
  // Forty images of one host that is away need one piece of advice, not forty.
  const advised = new Set<string | undefined>();
  for (const problem of problems) {
    lines.push(...problemLines(problem, advised.has(problem.hint) ? undefined : problem.hint, paint));
    advised.add(problem.hint);
  }
  return [...lines, ''];
}

/** Hints that several findings have, with their rule: said once at the end and not at every place. */
function sharedHints(findings: readonly Finding[]): ReadonlyMap<string, string> {
  const shared = new Map<string, string>();
  for (const [hint, all] of Map.groupBy(findings, (one) => one.hint)) {
    const [first] = all;
    if (hint !== undefined && first !== undefined && all.length > 1) shared.set(hint, first.rule);
  }
  return shared;
}

function findingLines(finding: Finding, shared: ReadonlyMap<string, string>, paint: Paint): string[] {
  const place = finding.line === undefined ? '' : `${finding.line}:${finding.column ?? 1}`;
  const severity = paint(colorOf[finding.severity], finding.severity.padEnd(7));
  const head = `  ${place.padEnd(8)} ${severity}  ${finding.message}  ${paint('dim', finding.rule)}`;
  const isSaidHere = finding.hint !== undefined && !shared.has(finding.hint);
  return isSaidHere ? [head, `           ${paint('dim', `do: ${finding.hint}`)}`] : [head];
}

function problemLines(problem: Problem, hint: string | undefined, paint: Paint): string[] {
  const file = problem.file ?? problem.path;
  const place = file === undefined ? '' : `${file}${problem.line === undefined ? '' : `:${problem.line}`}  `;
  const head = `  ${place}${problem.message}  ${paint('dim', problem.code)}`;
  return hint === undefined ? [head] : [head, `           ${paint('dim', `do: ${hint}`)}`];
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

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
