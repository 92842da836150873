import { stripVTControlCharacters } from 'node:util';

/** Between columns. */
const gap = '   ';

/** Columns as kubectl prints them: upper-case header, three spaces between, no frame, nothing cut. */
export async function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  if (rows.length === 0) return '';
  const lines = [header.map((name) => name.toUpperCase()), ...rows];
  return renderRows(lines, columnWidths(lines));
}

/** Rows without a header, each column as wide as said: for tables printed while their rows are found. */
export function renderRows(rows: readonly (readonly string[])[], widths: readonly number[]): string {
  const lines = rows.map((row) => row.map((cell, index) => pad(cell, widths[index] ?? 0)).join(gap));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** The width each column needs, and at least what is given. */
export function columnWidths(
  rows: readonly (readonly string[])[],
  atLeast: readonly number[] = [],
): readonly number[] {
  const widths = [...atLeast];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell));
  }
  return widths;
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}

/** Characters on the screen: colours take none. */
function widthOf(cell: string): number {
  return cell.includes('\u001b') ? stripVTControlCharacters(cell).length : cell.length;
}
