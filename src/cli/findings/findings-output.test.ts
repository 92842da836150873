import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { convert } from 'xmlbuilder2';
import type { Finding, Problem, Report } from '../../findings/finding.ts';
import { exitStatus } from '../exit-status.ts';
import { renderGithub } from './github.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { renderSarif } from './sarif.ts';
import { renderText } from './text.ts';
import { reportStatus } from './write-findings.ts';

const floating: Finding = {
  rule: 'floating-tag',
  severity: 'warning',
  message: 'nginx:1 names a line of builds',
  hint: 'pin it: holdfast pin',
  file: 'web.yaml',
  path: 'deploy/web.yaml',
  line: 12,
  column: 16,
  reference: 'nginx:1',
};
const unread: Problem = { code: 'REGISTRY_UNREACHABLE', message: 'registry.example did not answer' };
const hostile: Finding = {
  rule: 'latest-tag',
  severity: 'error',
  message: 'a\n::error::owned | <b>\u0000 & "quoted"\ud800',
  file: 'a,b:c\n.yaml',
  line: 1,
};
const clean: Report = { findings: [], problems: [] };
const plain = (_style: unknown, text: string): string => text;

describe('findings as SARIF', () => {
  it('names rule, level, region and a file relative to where the command ran', () => {
    const [result] = JSON.parse(renderSarif({ findings: [floating], problems: [] }, '1.2.3')).runs[0].results;
    assert.equal(result.ruleId, 'floating-tag');
    assert.equal(result.level, 'warning');
    assert.deepEqual(result.locations[0].physicalLocation, {
      artifactLocation: { uri: 'deploy/web.yaml' },
      region: { startLine: 12, startColumn: 16 },
    });
  });

  it('keeps the fingerprint of a finding when lines above it change, and tells twins apart', () => {
    const fingerprints = (findings: readonly Finding[]): string[] =>
      JSON.parse(renderSarif({ findings, problems: [] }, '1')).runs[0].results.map(
        (one: { partialFingerprints: Record<string, string> }) => one.partialFingerprints['holdfast/v1'],
      );
    const [first, second] = fingerprints([floating, { ...floating, line: 40 }]);
    assert.notEqual(first, second);
    assert.deepEqual(fingerprints([{ ...floating, line: 99 }]), [first]);
  });

  it('says that the run was not whole when something could not be looked at', () => {
    const [invocation] = JSON.parse(renderSarif({ findings: [], problems: [unread] }, '1')).runs[0]
      .invocations;
    assert.equal(invocation.executionSuccessful, false);
    assert.equal(invocation.toolExecutionNotifications[0].descriptor.id, 'REGISTRY_UNREACHABLE');
  });
});

describe('findings as JUnit', () => {
  it('is well-formed XML for hostile text', () => {
    const document = JSON.stringify(
      convert(renderJunit({ findings: [hostile], problems: [unread] }, 'holdfast check'), {
        format: 'object',
      }),
    );
    assert.match(document, /"@failures":"1"/);
    assert.match(document, /"@errors":"1"/);
    assert.match(document, /quoted/);
  });

  it('is called after the command that made it', () => {
    assert.match(renderJunit(clean, 'holdfast lock --verify'), /<testsuite name="holdfast lock --verify"/);
    assert.match(renderMarkdown(clean, 'holdfast lock --verify'), /^## holdfast lock --verify\n/);
  });

  it('has one passing case when there is nothing to say', () => {
    const text = renderJunit(clean, 'holdfast check');
    assert.match(text, /tests="1" failures="0" errors="0"/);
    assert.match(text, /<testcase classname="holdfast" name="no findings"\/>/);
  });
});

describe('findings as GitHub workflow commands', () => {
  it('annotates file, line and column', () => {
    assert.equal(
      renderGithub({ findings: [floating], problems: [] }),
      '::warning file=deploy/web.yaml,line=12,col=16,title=holdfast floating-tag::nginx:1 names a line of builds. pin it: holdfast pin\n',
    );
  });

  it('lets no text start a command of its own', () => {
    const lines = renderGithub({ findings: [hostile], problems: [] })
      .trimEnd()
      .split('\n');
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^::error file=a%2Cb%3Ac%0A\.yaml,line=1,title=/);
  });
});

describe('findings as Markdown', () => {
  it('keeps hostile text inside its cell', () => {
    const rows = renderMarkdown({ findings: [hostile], problems: [] }, 'holdfast check')
      .split('\n')
      .filter((line) => line.startsWith('| error'));
    assert.equal(rows.length, 1);
    assert.match(rows[0] ?? '', /\\\| \\<b\\>/);
  });
});

describe('findings as text', () => {
  it('groups by file, puts the hint below, and counts', () => {
    assert.equal(
      renderText({ findings: [floating], problems: [] }, plain),
      [
        'web.yaml',
        '  12:16    warning  nginx:1 names a line of builds  floating-tag',
        '           do: pin it: holdfast pin',
        '',
        '1 warning in 1 file.',
        '',
      ].join('\n'),
    );
  });

  it('never says just "no findings" when something could not be looked at', () => {
    assert.match(
      renderText({ findings: [], problems: [unread] }, plain),
      /No findings, but 1 place could not be looked at/,
    );
  });
});

describe('the exit status of a report', () => {
  const table = [
    { name: 'clean', report: clean, expected: exitStatus.clean },
    { name: 'a finding', report: { findings: [floating], problems: [] }, expected: exitStatus.findings },
    { name: 'a problem alone', report: { findings: [], problems: [unread] }, expected: exitStatus.unable },
    { name: 'both', report: { findings: [floating], problems: [unread] }, expected: exitStatus.findings },
  ];
  for (const { name, report, expected } of table) {
    it(`is ${expected} for ${name}`, () => assert.equal(reportStatus(report, 'note'), expected));
  }

  it('leaves findings below the threshold out, but not the problems', () => {
    assert.equal(reportStatus({ findings: [floating], problems: [] }, 'error'), exitStatus.clean);
    assert.equal(reportStatus({ findings: [floating], problems: [unread] }, 'error'), exitStatus.unable);
  });
});
