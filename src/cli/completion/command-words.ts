import { Command } from 'commander';
import { commands } from '../commands.ts';

/** What can be typed after one subcommand. */
export type CommandWords = {
  readonly name: string;
  readonly summary: string;
  /** What its arguments may be, where that is a closed list. */
  readonly choices: readonly string[];
  readonly options: readonly OptionWords[];
};

export type OptionWords = {
  /** As typed, e.g. `-o` and `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** The values it takes, where they are a closed list. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
};

/** Reads the words from the commands themselves, so that completion knows what they know. */
export async function listCommandWords(): Promise<readonly CommandWords[]> {
  return Promise.all(
    commands.map(async (entry) => {
      const { name, summary } = entry;
      const command = new Command(name);
      (await entry.load()).define(command);
      const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
      return { name, summary, choices, options: command.options.map(optionWords) };
    }),
  );
}

function optionWords(option: Command['options'][number]): OptionWords {
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: option.description,
    choices: option.argChoices ?? [],
    takesValue: option.required || option.optional,
  };
}
