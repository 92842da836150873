import { create } from 'xmlbuilder2';
import type { Finding, Problem, Report } from '../../findings/finding.ts';

/**
 * JUnit XML: a finding is a failed test case, a problem one that ended in error, and a clean report one that
 * passed, so that a CI page never shows an empty suite.
 */
export function renderJunit(report: Report, title: string): string {
  const { findings, problems } = report;
  const isClean = findings.length + problems.length === 0;
  const counts = {
    name: title,
    tests: String(isClean ? 1 : findings.length + problems.length),
    failures: String(findings.length),
    errors: String(problems.length),
  };
  const suites = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', counts);
  const suite = suites.ele('testsuite', counts);
  if (isClean) suite.ele('testcase', { classname: 'holdfast', name: 'no findings' });
  for (const finding of findings) {
    suite
      .ele('testcase', { classname: `holdfast.${finding.rule}`, name: placeOf(finding), ...fileOf(finding) })
      .ele('failure', { type: finding.severity, message: clean(finding.message) })
      .txt(clean(finding.hint ?? finding.message));
  }
  for (const problem of problems) {
    suite
      .ele('testcase', { classname: `holdfast.${problem.code}`, name: placeOf(problem), ...fileOf(problem) })
      .ele('error', { type: problem.code, message: clean(problem.message) })
      .txt(clean(problem.hint ?? problem.message));
  }
  return `${suites.end({ prettyPrint: true })}\n`;
}

function placeOf(place: Finding | Problem): string {
  const subject = 'reference' in place && place.reference !== undefined ? place.reference : place.message;
  const file = place.path ?? place.file;
  return clean(file === undefined ? subject : `${file}:${place.line ?? 1} ${subject}`);
}

function fileOf(place: Finding | Problem): Readonly<Record<string, string>> {
  const file = place.path ?? place.file;
  return {
    ...(file === undefined ? {} : { file: clean(file) }),
    ...(place.line === undefined ? {} : { line: String(place.line) }),
  };
}

/** XML 1.0 cannot hold most control characters, not even escaped; a hostile file name may have them. */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ufffd]/gu, (one) => (one.length === 2 ? one : '\ufffd'));
}
