import { RegistryConfigurationError } from './errors.ts';

/** A table of TOML or YAML whose values are not looked at yet. */
export type Table = Readonly<Record<string, unknown>>;

/**
 * The document's top table.
 * @param place the file, for messages
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function parseToml(text: string, place: string): Promise<Table> {
  // Loaded here: most machines have none of these files, and start-up shall not pay for the parser.
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser's own message quotes the lines around, which may hold a header with a token.
    const what = `is not TOML at line ${error.line} column ${error.column}`;
    throw unreadable(place, what, 'correct the line');
  }
}

/** A table under a key; empty where the key is absent. */
export function readTable(value: unknown, place: string): Table {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Date) {
    throw unreadable(place, 'must be a table');
  }
  return value as Table;
}

export function readTables(value: unknown, place: string): readonly Table[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unreadable(place, 'must be a list of tables');
  return value.map((entry: unknown, index) => readTable(entry, `${place}[${index}]`));
}

/** A string; empty where the key is absent. */
export function readString(value: unknown, place: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw unreadable(place, 'must be a string');
  return value;
}

/** Strings, from a list or from one string alone. */
export function readStrings(value: unknown, place: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw unreadable(place, 'must be a list of strings');
  }
  return value;
}

export function readBoolean(value: unknown, place: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw unreadable(place, 'must be true or false');
  return value;
}

export function unreadable(
  place: string,
  what: string,
  hint = 'correct it; docs/registry-configuration.md says what may stand there',
): RegistryConfigurationError {
  return new RegistryConfigurationError('REGISTRIES_UNREADABLE', `${place} ${what}`, { hint });
}
