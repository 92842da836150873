import type { Command } from 'commander';
import type { RateLimit, RegistryReader } from '../registry/registry-client.ts';
import { type CommandOptions, collect, flagOption, listOption, stringOption } from './command.ts';
import type { Host, RegistryOptions } from './host.ts';
import { printable } from './printable.ts';

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

/** Part of a quota that is left when it is time to say so. */
const lowQuota = 0.2;

/** Says on stderr what registries and their configuration warned of, and which quota is nearly used up. */
export function writeRegistryNotices(host: Host, registry: RegistryReader): void {
  const low = registry.rateLimits().filter(({ limit, remaining }) => remaining <= (limit ?? 0) * lowQuota);
  for (const text of [...registry.warnings(), ...low.map(quotaText)]) {
    host.stderr.write(`holdfast: warning: ${printable(text)}\n`);
  }
}

/** `registry-1.docker.io: 3 of 100 left of its quota in 6 h (counted for 192.0.2.7); …` */
function quotaText({ host, limit, remaining, windowSeconds, countedFor }: RateLimit): string {
  const window = windowSeconds === undefined ? '' : ` in ${Math.round(windowSeconds / 360) / 10} h`;
  const whose = countedFor === undefined ? '' : ` (counted for ${countedFor})`;
  return `${host}: ${remaining} of ${limit ?? 'unknown'} left of its quota${window}${whose}; logging in or a mirror helps`;
}
