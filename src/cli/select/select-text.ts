import type { SelectionOutcome } from '../../policy/select.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../table.ts';

/** The keys named here are promises. */
export function selectJson({
  selected,
  considered,
  matched,
  candidates,
  reasons,
  explanations,
}: SelectionOutcome): unknown {
  return {
    selected: selected ?? null,
    considered,
    matched,
    candidates,
    reasons,
    ...(explanations.length === 0 ? {} : { explanations }),
  };
}

/** The best tags, one a line and nothing else, so that a script can take them; what explains them follows. */
export async function selectText(outcome: SelectionOutcome, explains: boolean): Promise<string> {
  const tags = outcome.candidates.map(({ tag }) => `${tag}\n`).join('');
  if (!explains) return tags;
  const told = outcome.explanations.map(({ tag, reason }) => `${printable(tag)} ${reason}\n`).join('');
  return [tags, told, await reasonsText(outcome)].filter((part) => part !== '').join('\n');
}

async function reasonsText({ considered, matched, reasons }: SelectionOutcome): Promise<string> {
  const rows = reasons.map(({ reason, count, examples }) => [
    String(count),
    printable(reason),
    examples.map(printable).join(' '),
  ]);
  const table = await renderTable(['tags', 'not chosen, because each', 'such as'], rows);
  return `${considered} tags considered, ${matched} matched\n${table}`;
}

/** One line for stderr where nothing was selected. */
export function nothingText({ considered, reasons }: SelectionOutcome): string {
  const [first] = reasons;
  if (considered === 0) return 'no tag to select from';
  const nothing = `no tag is selected of ${considered}`;
  if (first === undefined) return nothing;
  if (first.count === considered) return `${nothing}: each ${printable(first.reason)}`;
  return `${nothing}: of ${first.count}, each ${printable(first.reason)}; --explain tells the other reasons`;
}
