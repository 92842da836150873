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
    examples.map(exampleText).join(' '),
  ]);
  const table = await renderTable(['tags', 'not chosen, because each', 'such as'], rows);
  return `${considered} ${considered === 1 ? 'tag' : 'tags'} considered, ${matched} matched\n${table}`;
}

/** In quotes where its ends could not be seen. */
function exampleText(text: string): string {
  return text === '' || text.includes(' ') ? `"${printable(text)}"` : printable(text);
}

/** For stderr where nothing was selected: the reason against most tags, and where to hear of the others. */
export function nothingText({ considered, reasons }: SelectionOutcome): string {
  const [first] = reasons;
  if (considered === 0) return 'no tag is selected: the list was seen, and it is empty';
  if (considered === 1)
    return `the only tag is not selected${first ? `: it ${printable(first.reason)}` : ''}`;
  const nothing = `none of ${considered} tags is selected`;
  if (first === undefined) return nothing;
  const others = considered - first.count;
  if (others <= 0) return `${nothing}: each ${printable(first.reason)}`;
  const most = `${first.count === 1 ? '1 tag:' : `${first.count} tags: each`} ${printable(first.reason)}`;
  return `${nothing}\n  ${most}\n  ${others} other ${others === 1 ? 'tag' : 'tags'}: --explain tells why`;
}
