import type { Problem } from '../../findings/finding.ts';
import type { Host } from '../host.ts';
import { printable } from '../printable.ts';

/** `holdfast: warning: file:line: message` on standard error; what to do is said once per kind of problem. */
export function writeWarnings(host: Host, problems: readonly Problem[]): void {
  const explained = new Set<string>();
  for (const problem of problems) {
    host.stderr.write(`holdfast: warning: ${placeOf(problem)}${printable(problem.message)}\n`);
    if (problem.hint === undefined || explained.has(problem.code)) continue;
    explained.add(problem.code);
    host.stderr.write(`  hint: ${printable(problem.hint)}\n`);
  }
}

function placeOf({ file, line, column }: Problem): string {
  if (file === undefined) return '';
  const at = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  return `${printable(file)}${at}: `;
}
