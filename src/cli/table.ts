/** Columns as kubectl prints them: upper-case header, three spaces between, no frame, nothing cut. */
export async function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  if (rows.length === 0) return '';
  const { default: Table } = await import('cli-table3');
  const none = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '   ',
  };
  const table = new Table({
    chars: none,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(header.map((name) => name.toUpperCase()), ...rows.map((row) => [...row]));
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return `${lines.join('\n')}\n`;
}
