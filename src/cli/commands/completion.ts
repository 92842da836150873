import { Argument, type Command } from 'commander';
import { addExamples, type CommandModule } from '../command.ts';
import { listCommandWords } from '../completion/command-words.ts';
import { completionScript, shells } from '../completion/shell-scripts.ts';
import { exitStatus } from '../exit-status.ts';
import { writeText } from '../output.ts';

export const command: CommandModule = {
  define(command: Command) {
    command.addArgument(new Argument('<shell>', 'which shell').choices([...shells]));
    addExamples(command, [
      ['source <(holdfast completion bash)', 'complete in this bash'],
      ['holdfast completion zsh > "${fpath[1]}/_holdfast"', 'complete in every new zsh'],
      ['holdfast completion fish > ~/.config/fish/completions/holdfast.fish', 'complete in every new fish'],
    ]);
  },
  async run(host, [wanted]) {
    const shell = shells.find((one) => one === wanted) ?? 'bash';
    await writeText(host, completionScript(shell, await listCommandWords()));
    return exitStatus.clean;
  },
};
