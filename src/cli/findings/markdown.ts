import type { Finding, Problem, Report } from '../../findings/finding.ts';

/** For a pull request comment or a job summary: one table, worst first as it came. */
export function renderMarkdown(report: Report, title: string): string {
  const parts: string[] = [`## ${title}`, ''];
  if (report.findings.length === 0) parts.push('No findings.', '');
  else {
    parts.push('| severity | rule | where | what | do |', '|---|---|---|---|---|');
    for (const finding of report.findings) {
      const cells = [finding.severity, finding.rule, placeOf(finding), finding.message, finding.hint ?? ''];
      parts.push(`| ${cells.map(cell).join(' | ')} |`);
    }
    parts.push('');
  }
  if (report.problems.length > 0) {
    parts.push('### Could not look at', '');
    for (const problem of report.problems) parts.push(`- ${cell(placeOf(problem))} ${cell(problem.message)}`);
    parts.push('');
  }
  return parts.join('\n');
}

function placeOf(place: Finding | Problem): string {
  const file = place.path ?? place.file;
  if (file === undefined) return '';
  return place.line === undefined ? file : `${file}:${place.line}`;
}

/** Text that may hold anything, as one table cell. */
function cell(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').replace(/[\\|<>`]/g, (one) => `\\${one}`);
}
