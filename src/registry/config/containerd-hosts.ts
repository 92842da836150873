import { join } from 'node:path';
import { listConfigFolder, readConfigFile } from './config-file.ts';
import { type HostsToml, parseHostsToml } from './hosts-toml.ts';
import type { ConfigurationProblems } from './problems.ts';

/**
 * The hosts.toml that containerd would use for a registry, or undefined: that of the registry's folder
 * (`HOST:PORT` or `HOST_PORT_`), or of `_default` where the registry has no folder.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function findHostsToml(
  root: string,
  host: string,
  systemRoot: string,
  problems: ConfigurationProblems,
): Promise<HostsToml | undefined> {
  for (const name of [...containerdFolderNames(host), '_default']) {
    const folder = join(root, name);
    if ((await listConfigFolder(folder, 'REGISTRIES_UNREADABLE')) === undefined) continue;
    const text = await readConfigFile(join(folder, 'hosts.toml'), 'REGISTRIES_UNREADABLE');
    return text === undefined ? undefined : parseHostsToml(text, { folder, systemRoot, problems });
  }
  return undefined;
}

/** A colon is not allowed in a folder's name everywhere: containerd also takes `HOST_PORT_`. */
export function containerdFolderNames(host: string): readonly string[] {
  const colon = host.lastIndexOf(':');
  const hasPort = colon > 0 && !host.endsWith(']');
  return hasPort ? [`${host.slice(0, colon)}_${host.slice(colon + 1)}_`, host] : [host];
}
