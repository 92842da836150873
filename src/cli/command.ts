import type { Command } from 'commander';
import type { ExitStatus } from './exit-status.ts';
import type { Host } from './host.ts';

/** One subcommand: its file exports one of these as `command`. */
export interface CommandModule {
  /** Adds arguments, options and examples; called only when this command was asked for. */
  define(command: Command): void;
  /** Does the work: `positional` as written, `options` as commander camel-cases them. */
  run(host: Host, positional: readonly string[], options: CommandOptions): Promise<ExitStatus>;
}

export type CommandOptions = Readonly<Record<string, unknown>>;

/** A string option, or undefined. */
export function stringOption(options: CommandOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** An option that may be given several times. */
export function listOption(options: CommandOptions, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function flagOption(options: CommandOptions, name: string): boolean {
  return options[name] === true;
}

/** commander collector for options that may be repeated. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** The Examples block under a command's help: a command line and what it does, per row. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [line: string, does: string])[],
): void {
  const rows = examples.map(([line, does]) => `  # ${does}\n  ${line}`);
  command.addHelpText('after', `\nExamples:\n${rows.join('\n\n')}`);
}
