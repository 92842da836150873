import type { Command } from 'commander';
import { type CommandOptions, collect, flagOption, listOption, stringOption } from './command.ts';
import type { Host, RegistryOptions } from './host.ts';

/** Adds the options of every command that asks registries. */
export function addRegistryOptions(command: Command): void {
  command
    .option('--authfile <file>', 'credentials from this file alone, as for skopeo and podman')
    .option('--registries-conf <file>', "registries.conf, or k3s's registries.yaml")
    .option('--insecure <host>', 'speak plain HTTP or unverified TLS with this host (repeatable)', collect)
    .option('--allow-private-redirects', 'let a registry redirect to an address of an inner network');
}

/** What those options say. */
export function registryOptions(options: CommandOptions): RegistryOptions {
  return {
    authFile: stringOption(options, 'authfile'),
    registriesFile: stringOption(options, 'registriesConf'),
    insecureHosts: listOption(options, 'insecure'),
    allowsInnerAddresses: flagOption(options, 'allowPrivateRedirects'),
  };
}

/** Says on stderr what registries and their configuration warned of. */
export function writeWarnings(host: Host, warnings: readonly string[]): void {
  for (const warning of warnings) host.stderr.write(`holdfast: warning: ${warning}\n`);
}
