import { isNote } from '../declared/declared.ts';
import type { Problem } from '../findings/finding.ts';
import type { Host } from './host.ts';
import { printable } from './printable.ts';

/** Of one kind on a screen; all of them stand in JSON and YAML. */
const shownPerKind = 5;

/** `holdfast: warning: file:line: message` on standard error; what to do is said once per kind of problem. */
export function writeWarnings(host: Host, problems: readonly Problem[]): void {
  for (const [first, ...others] of byKind(problems)) {
    const word = isNote(first) ? 'note' : 'warning';
    for (const problem of [first, ...others.slice(0, shownPerKind - 1)]) {
      host.stderr.write(`holdfast: ${word}: ${placeOf(problem)}${printable(problem.message)}\n`);
    }
    const left = others.length + 1 - shownPerKind;
    if (left > 0) host.stderr.write(`holdfast: ${word}: and ${left} more like it; --output json has all\n`);
    if (first.hint !== undefined) host.stderr.write(`  hint: ${printable(first.hint)}\n`);
  }
}

type Kind = [Problem, ...Problem[]];

/** Grouped by code, in the order of each code's first. */
function byKind(problems: readonly Problem[]): Iterable<Kind> {
  const kinds = new Map<string, Kind>();
  for (const problem of problems) {
    const kind = kinds.get(problem.code);
    if (kind === undefined) kinds.set(problem.code, [problem]);
    else kind.push(problem);
  }
  return kinds.values();
}

function placeOf({ file, line, column }: Problem): string {
  if (file === undefined) return '';
  const at = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  return `${printable(file)}${at}: `;
}
