import type { Finding, Problem, Report, Severity } from '../../findings/finding.ts';

const commandOf: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/**
 * GitHub Actions workflow commands, one line each: they become annotations on the changed files.
 * Source: docs.github.com, "Workflow commands for GitHub Actions".
 */
export function renderGithub(report: Report): string {
  const findings = report.findings.map((finding) =>
    line(commandOf[finding.severity], finding, finding.rule, finding.message),
  );
  const problems = report.problems.map((problem) => line('warning', problem, problem.code, problem.message));
  return [...findings, ...problems].map((text) => `${text}\n`).join('');
}

function line(command: string, place: Finding | Problem, title: string, message: string): string {
  const file = place.path ?? place.file;
  const properties = [
    ...(file === undefined ? [] : [`file=${escapeProperty(file)}`]),
    ...(place.line === undefined ? [] : [`line=${place.line}`]),
    ...(place.column === undefined ? [] : [`col=${place.column}`]),
    `title=${escapeProperty(`holdfast ${title}`)}`,
  ];
  const text = place.hint === undefined ? message : `${message}. ${place.hint}`;
  return `::${command} ${properties.join(',')}::${escapeData(text)}`;
}

/** A message must not be able to end its line and start a command of its own. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
