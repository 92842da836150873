import type { Finding } from '../../findings/finding.ts';
import { hygieneRules, type RuleId } from '../../findings/rules.ts';
import type { HygieneReport, NotKnown } from '../../hygiene/hygiene.ts';
import type { Paint } from '../color.ts';
import { problemsLines } from '../findings/text.ts';

/** For people: findings by rule, what is not known, what could not be looked at, and a closing count. */
export function hygieneText(report: HygieneReport, paint: Paint): string {
  const lines: string[] = [];
  for (const { id, title } of hygieneRules) {
    const findings = report.findings.filter(({ rule }) => rule === id);
    if (findings.length === 0) continue;
    lines.push(`${paint('bold', title)}  ${paint('dim', id)}`);
    lines.push(...findings.map((finding) => `  ${placeOf(finding)}${finding.message}`));
    const hints = new Set(findings.map(({ hint }) => hint).filter((hint) => hint !== undefined));
    for (const hint of hints) lines.push(`    ${paint('dim', `do: ${hint}`)}`);
    lines.push('');
  }
  if (report.notKnown.length > 0) {
    lines.push(paint('bold', 'Not known:'), ...notKnownLines(report.notKnown), '');
  }
  const { findings, problems } = report;
  lines.push(...problemsLines(problems, paint), count(findings.length, problems.length));
  return `${lines.join('\n')}\n`;
}

function placeOf({ file, line }: Finding): string {
  return file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}  `;
}

/** Twenty repositories without history need one line, not twenty. */
function notKnownLines(all: readonly NotKnown[]): readonly string[] {
  const byReason = Map.groupBy(all, ({ rule, because }) => JSON.stringify([rule, because]));
  return [...byReason.values()].map((some) => {
    const [first] = some;
    const rule: RuleId | undefined = first?.rule;
    const objects = some.map(({ object }) => object).filter((object) => object !== undefined);
    const of =
      objects.length === 0
        ? ''
        : ` of ${objects.length === 1 ? objects[0] : `each of ${objects.length} ImageRepositories`}`;
    return `  ${rule}${of}: ${first?.because}`;
  });
}

function count(findings: number, problems: number): string {
  const found = findings === 0 ? 'No findings' : plural(findings, 'finding');
  return problems === 0 ? `${found}.` : `${found}; ${plural(problems, 'place')} could not be looked at.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
