import type { Command } from 'commander';
import { pinPlanner } from '../../pinning/pin-files.ts';
import type { CommandModule } from '../command.ts';
import { addExamples } from '../command.ts';
import { addOutputOption } from '../output.ts';
import { editFiles } from '../pinning/edit-files.ts';

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<path...>', 'files and folders to edit');
    command.option('--lock-file <file>', 'the lock file (default: the nearest holdfast.lock upwards)');
    command.option('-n, --dry-run', 'print a patch that "git apply" takes, and change nothing');
    command.option(
      '--config <file>',
      'rules to use instead of the holdfast.yaml found from each path upwards',
    );
    addOutputOption(command);
    addExamples(command, [
      ['holdfast pin deploy/', 'write the digests of the lock file beside the tags'],
      ['holdfast pin --dry-run deploy/ | git apply', 'the same, through a patch'],
    ]);
  },
  run: (host, paths, options) => editFiles(host, paths, options, pinPlanner),
};
