import type { Report, Severity } from '../../findings/finding.ts';
import { paintFor } from '../color.ts';
import type { CommandOptions } from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Host } from '../host.ts';
import { outputFormat, writeOutput, writeText } from '../output.ts';

/** What a command that reports findings offers under `--output`. */
export const findingFormats: readonly string[] = [
  'table',
  'json',
  'yaml',
  'sarif',
  'junit',
  'github',
  'markdown',
];

/** Prints a report in the format asked for. `title`: the command that made it. `extra` stands beside `findings` and `problems` in JSON and YAML. */
export async function writeFindings(
  host: Host,
  options: CommandOptions,
  report: Report,
  title: string,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  switch (outputFormat(options)) {
    case 'sarif':
      return writeText(host, (await import('./sarif.ts')).renderSarif(report, host.version));
    case 'junit':
      return writeText(host, (await import('./junit.ts')).renderJunit(report, title));
    case 'github':
      return writeText(host, (await import('./github.ts')).renderGithub(report));
    case 'markdown':
      return writeText(host, (await import('./markdown.ts')).renderMarkdown(report, title));
    default: {
      const { renderText } = await import('./text.ts');
      const { findings, problems } = report;
      await writeOutput(host, options, { findings, problems, ...extra }, () =>
        renderText(report, paintFor(host)),
      );
    }
  }
}

const ranks: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

/**
 * 1 for any finding at or above `failOn`: findings are an answer and come first. A report that is empty only
 * because something could not be looked at is not clean but 3.
 */
export function reportStatus(report: Report, failOn: Severity): ExitStatus {
  if (report.findings.some((finding) => ranks[finding.severity] >= ranks[failOn])) return exitStatus.findings;
  return report.problems.length > 0 ? exitStatus.unable : exitStatus.clean;
}
