import type { Command } from 'commander';
import { parseReference } from '../../reference/reference.ts';
import { resolveReference } from '../../resolve/resolve.ts';
import type { CommandModule } from '../command.ts';
import { addExamples } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { writeText } from '../output.ts';

export const command: CommandModule = {
  define(command: Command) {
    command.argument('<reference...>', 'references to resolve');
    addExamples(command, [
      ['holdfast resolve ghcr.io/kube-logging/fluentd:v1.16-4.11-full', 'the digest that the tag has now'],
    ]);
  },
  async run(host, positional) {
    const registry = await host.services.openRegistry();
    for (const text of positional) {
      const digest = await resolveReference(registry, parseReference(text));
      await writeText(host, `${digest ?? 'unknown'}\n`);
    }
    await registry.close();
    return exitStatus.clean;
  },
};
