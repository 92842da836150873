import { createHash } from 'node:crypto';
import type { Location, Log, Notification, Result } from 'sarif';
import type { Finding, Problem, Report, Severity } from '../../findings/finding.ts';
import { rules } from '../../findings/rules.ts';

/** SARIF 2.1.0, as GitHub code scanning and others read it. Source: OASIS sarif-v2.1.0. */
export function renderSarif(report: Report, version: string): string {
  const log: Log = {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: {
          driver: {
            name: 'holdfast',
            version,
            rules: rules.map((rule) => ({
              id: rule.id,
              shortDescription: { text: rule.title },
              fullDescription: { text: rule.why },
              defaultConfiguration: { level: levelOf(rule.severity) },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: report.problems.length === 0,
            toolExecutionNotifications: report.problems.map(notificationOf),
          },
        ],
        results: resultsOf(report.findings),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function resultsOf(findings: readonly Finding[]): Result[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const identity = [
      finding.rule,
      finding.path ?? finding.file ?? '',
      finding.reference ?? finding.message,
    ].join('\n');
    const occurrence = seen.get(identity) ?? 0;
    seen.set(identity, occurrence + 1);
    const ruleIndex = rules.findIndex((rule) => rule.id === finding.rule);
    return {
      ruleId: finding.rule,
      ...(ruleIndex === -1 ? {} : { ruleIndex }),
      level: levelOf(finding.severity),
      message: { text: finding.hint === undefined ? finding.message : `${finding.message}. ${finding.hint}` },
      locations: locationsOf(finding),
      // Without line numbers, so that a finding keeps its identity when lines above it change.
      partialFingerprints: { 'holdfast/v1': fingerprint(`${identity}\n${occurrence}`) },
    };
  });
}

function notificationOf(problem: Problem): Notification {
  return {
    level: 'warning',
    message: { text: problem.hint === undefined ? problem.message : `${problem.message}. ${problem.hint}` },
    descriptor: { id: problem.code },
    locations: locationsOf(problem),
  };
}

function locationsOf(place: Finding | Problem): Location[] {
  const uri = place.path ?? place.file;
  if (uri === undefined) return [];
  const region = {
    ...(place.line === undefined ? {} : { startLine: place.line }),
    ...(place.column === undefined ? {} : { startColumn: place.column }),
    ...('endLine' in place && place.endLine !== undefined ? { endLine: place.endLine } : {}),
    ...('endColumn' in place && place.endColumn !== undefined ? { endColumn: place.endColumn } : {}),
  };
  return [
    {
      physicalLocation: {
        artifactLocation: { uri: encodeURI(uri) },
        ...(place.line === undefined ? {} : { region }),
      },
    },
  ];
}

function levelOf(severity: Severity): 'error' | 'warning' | 'note' {
  return severity;
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
