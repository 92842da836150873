import { join } from 'node:path';
import { listConfigFolder, readConfigFile } from './config-file.ts';
import { unreadable } from './config-table.ts';
import type { ConfigurationProblems } from './problems.ts';
import { parseRegistriesConf, type RegistryTable } from './registries-conf.ts';

export type RegistriesConfLocations = {
  /** The file that the user named; must be there. Undefined: the user's file, or else the system's. */
  readonly named: string | undefined;
  /** `~/.config/containers` */
  readonly userFolder: string;
  /** `/etc/containers` */
  readonly systemFolder: string;
};

/**
 * The tables of every file that counts, drop-ins last. As in containers/image, a user's own registries.conf
 * hides the system's file and its drop-ins.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function loadRegistryTables(
  locations: RegistriesConfLocations,
  problems: ConfigurationProblems,
): Promise<readonly RegistryTable[]> {
  const { named, userFolder, systemFolder } = locations;
  const userText = named === undefined ? await readText(join(userFolder, 'registries.conf')) : undefined;
  const mainPath = named ?? join(userText === undefined ? systemFolder : userFolder, 'registries.conf');
  const mainText = userText ?? (await readText(mainPath));
  if (named !== undefined && mainText === undefined) {
    throw unreadable(named, 'is not there', 'correct the option or CONTAINERS_REGISTRIES_CONF');
  }
  const tables = [...(await parseRegistriesConf(mainText ?? '', mainPath, problems))];
  for (const folder of userText === undefined ? [systemFolder, userFolder] : [userFolder]) {
    for (const path of await listDropIns(join(folder, 'registries.conf.d'))) {
      tables.push(...(await parseRegistriesConf((await readText(path)) ?? '', path, problems)));
    }
  }
  return tables;
}

async function listDropIns(folder: string): Promise<readonly string[]> {
  const names = (await listConfigFolder(folder, 'REGISTRIES_UNREADABLE')) ?? [];
  return names.filter((name) => name.endsWith('.conf')).map((name) => join(folder, name));
}

function readText(path: string): Promise<string | undefined> {
  return readConfigFile(path, 'REGISTRIES_UNREADABLE');
}
