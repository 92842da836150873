import type { Command } from 'commander';
import { unpinPlanner } from '../../pinning/pin-files.ts';
import { addExamples, type CommandModule, flagOption } from '../command.ts';
import { addOutputOption } from '../output.ts';
import { editFiles } from '../pinning/edit-files.ts';

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<path...>', 'files and folders to edit');
    command.option('--lock-file <file>', 'the lock file (default: the nearest holdfast.lock upwards)');
    command.option('-n, --dry-run', 'print a patch that "git apply" takes, and change nothing');
    command.option('--all', 'also digests that the lock did not put there, where a tag stands beside them');
    command.option(
      '--config <file>',
      'rules to use instead of the holdfast.yaml found from each path upwards',
    );
    addOutputOption(command);
    addExamples(command, [
      ['holdfast unpin deploy/', 'give back the bytes that "holdfast pin" found'],
      ['holdfast unpin --dry-run deploy/', 'show what that would change'],
    ]);
  },
  run: (host, paths, options) =>
    editFiles(host, paths, options, (lock, viewpoint) =>
      unpinPlanner(lock, viewpoint, { all: flagOption(options, 'all') }),
    ),
};
