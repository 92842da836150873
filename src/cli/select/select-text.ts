import type { SelectionOutcome } from '../../policy/select.ts';
import type { ListOwner } from '../../reflect/tag-list.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../table.ts';

/** What was selected from one list. */
export type SelectedView = {
  /** The ImageRepository whose own list it is; undefined: the one that all others share. */
  readonly owner: ListOwner | undefined;
  readonly outcome: SelectionOutcome;
};

/** The keys named here are promises. The first list stands in them; others, of ImageRepositories, are `views`. */
export function selectJson([first, ...others]: readonly SelectedView[]): unknown {
  if (first === undefined) return undefined;
  return {
    ...viewJson(first),
    ...(others.length === 0 ? {} : { views: others.map(viewJson) }),
  };
}

function viewJson({ owner, outcome }: SelectedView) {
  const { selected, considered, matched, candidates, reasons, explanations } = outcome;
  return {
    ...(owner === undefined ? {} : { imageRepository: owner }),
    selected: selected ?? null,
    considered,
    matched,
    candidates,
    reasons,
    ...(explanations.length === 0 ? {} : { explanations }),
  };
}

/** Where there are several lists, it is said whose tags follow. */
export async function selectTexts(views: readonly SelectedView[], explains: boolean): Promise<string> {
  const texts = views.map(async ({ owner, outcome }) => {
    const text = await selectText(outcome, explains);
    return views.length === 1 ? text : `${owner === undefined ? sharedTitle : viewTitle(owner)}:\n${text}`;
  });
  return (await Promise.all(texts)).join('\n');
}

const sharedTitle = 'the list that ImageRepositories and commands share';

export function viewTitle({ namespace, name }: ListOwner): string {
  return `as ImageRepository ${namespace}/${name} sees it`;
}

/** The best tags, one a line and nothing else, so that a script can take them; what explains them follows. */
async function selectText(outcome: SelectionOutcome, explains: boolean): Promise<string> {
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
