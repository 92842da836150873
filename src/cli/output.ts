import { once } from 'node:events';
import { type Command, Option } from 'commander';
import type { CommandOptions } from './command.ts';
import type { Host } from './host.ts';

/** Adds `-o, --output`; the first format is the default. */
export function addOutputOption(
  command: Command,
  formats: readonly string[] = ['table', 'json', 'yaml'],
): void {
  command.addOption(
    new Option('-o, --output <format>', 'how to print the answer').choices([...formats]).default(formats[0]),
  );
}

export function outputFormat(options: CommandOptions): string {
  const format = options['output'];
  return typeof format === 'string' ? format : 'table';
}

/** Prints a value as JSON or YAML, or calls `table` for people. */
export async function writeOutput(
  host: Host,
  options: CommandOptions,
  value: unknown,
  table: () => string | Promise<string>,
): Promise<void> {
  const format = outputFormat(options);
  if (format === 'json') return writeText(host, `${JSON.stringify(value, undefined, 2)}\n`);
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return writeText(host, stringify(JSON.parse(JSON.stringify(value)), { lineWidth: 0 }));
  }
  return writeText(host, await table());
}

/** Writes and waits where the reader is slower than we are, so that a pipe holds no more than its buffer. */
export async function writeText(host: Host, text: string): Promise<void> {
  if (text === '' || host.stdout.write(text)) return;
  await once(host.stdout, 'drain', { signal: host.signal });
}
