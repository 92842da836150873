import { parseRepository } from '../src/reference/repository.ts';
import type { RegistryConfigurationOptions } from '../src/registry/config/registry-configuration.ts';
import type { Machine } from './machine.ts';

/** A config.json or auth.json with this user for every host: tests name the user after the file it is in. */
export function loginsOf(user: string, ...hosts: readonly string[]): string {
  const auth = Buffer.from(`${user}:secret`).toString('base64');
  return JSON.stringify({ auths: Object.fromEntries(hosts.map((host) => [host, { auth }])) });
}

/** A credential helper that gives this user for every host. */
export function helperOf(user: string): string {
  return `#!/bin/sh\necho '{"Username":"${user}","Secret":"s"}'\n`;
}

/** For suites whose helpers are shell scripts. */
export const needsShell = { skip: process.platform === 'win32' ? 'helpers here are shell scripts' : false };

/** The user of the credential that is found for a repository on this machine, or `anonymous`. */
export async function userFor(
  machine: Machine,
  repository: string,
  options: Partial<RegistryConfigurationOptions> = {},
): Promise<string> {
  const credential = await machine.load(options).keychain.findCredential(parseRepository(repository));
  return credential?.kind === 'basic' ? credential.username : (credential?.kind ?? 'anonymous');
}
