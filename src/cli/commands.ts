import type { CommandModule } from './command.ts';

export type CommandEntry = {
  readonly name: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
};

/** Every subcommand, in the order help shows them. Loaded one by one: start-up pays only for what is asked. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'images',
    summary: 'list every image that manifest files declare',
    load: async () => (await import('./commands/images.ts')).command,
  },
  {
    name: 'resolve',
    summary: 'print the digest each reference has in its registry now',
    load: async () => (await import('./commands/resolve.ts')).command,
  },
  {
    name: 'scan',
    summary: 'record the tags of repositories, and which of them moved',
    load: async () => (await import('./commands/scan.ts')).command,
  },
  {
    name: 'history',
    summary: 'show every digest a tag was seen with, and when',
    load: async () => (await import('./commands/history.ts')).command,
  },
  {
    name: 'select',
    summary: 'say which tag of a repository a policy selects, and why no other',
    load: async () => (await import('./commands/select.ts')).command,
  },
  {
    name: 'check',
    summary: 'run every rule that applies, in one report',
    load: async () => (await import('./commands/check.ts')).command,
  },
  {
    name: 'hygiene',
    summary: 'report image objects that nobody needs, and what their scans could save',
    load: async () => (await import('./commands/hygiene.ts')).command,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).command,
  },
  {
    name: 'demo',
    summary: 're-enact a rebuilt tag on loopback, command by command',
    load: async () => (await import('./commands/demo.ts')).command,
  },
  {
    name: 'lock',
    summary: 'record what content each reference means, and say what changed since',
    load: async () => (await import('./commands/lock.ts')).command,
  },
  {
    name: 'pin',
    summary: 'write the digests of the lock file into manifest files',
    load: async () => (await import('./commands/pin.ts')).command,
  },
  {
    name: 'unpin',
    summary: 'take the digests of the lock file out of manifest files again',
    load: async () => (await import('./commands/unpin.ts')).command,
  },
  {
    name: 'skew',
    summary: 'find tags that run with more than one content, and say why pods fail',
    load: async () => (await import('./commands/skew.ts')).command,
  },
  {
    name: 'controller',
    summary: "serve Flux's image kinds in a cluster, and let no selection go back",
    load: async () => (await import('./commands/controller.ts')).command,
  },
];
