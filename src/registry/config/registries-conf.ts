import { type Repository, repositoryName, tryParseRepository } from '../../reference/repository.ts';
import { parseToml, readBoolean, readString, readTables, type Table, unreadable } from './config-table.ts';
import type { ConfigurationProblems } from './problems.ts';
import { hostKey, showHost } from './registry-host.ts';

/** A `[[registry]]` table of containers' registries.conf, version 2. */
export type RegistryTable = {
  /** What a repository's name begins with: `docker.io`, `example.com/org`, `*.example.com`. */
  readonly prefix: string;
  /** What stands in place of the prefix; empty with a wildcard prefix that rewrites nothing. */
  readonly location: string;
  readonly insecure: boolean;
  readonly blocked: boolean;
  readonly mirrors: readonly MirrorTable[];
  /** File and prefix, for messages. */
  readonly place: string;
};

export type MirrorTable = {
  readonly location: string;
  readonly insecure: boolean;
  readonly asked: 'all' | 'digest-only' | 'tag-only';
};

/** A place that a table sends a repository to, in the order to ask. */
export type RemappedRepository = {
  readonly repository: Repository;
  readonly kind: 'mirror' | 'registry';
  readonly insecure: boolean;
  readonly asked: MirrorTable['asked'];
};

/**
 * The tables of one file. Source: containers-registries.conf(5).
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE`
 */
export async function parseRegistriesConf(
  text: string,
  path: string,
  problems: ConfigurationProblems,
): Promise<readonly RegistryTable[]> {
  const document = await parseToml(text, path);
  if (document['registries'] !== undefined) {
    throw unreadable(path, 'is of version 1 of its format', 'write it as [[registry]] tables, version 2');
  }
  // `unqualified-search-registries` and `[aliases]` are passed over in silence: a name without a registry is
  // Docker Hub's here, as in Kubernetes, and most machines have the line without anybody having written it.
  const tables = readTables(document['registry'], `${path}: registry`).map((table, index) =>
    readRegistry(table, `${path}: registry[${index}]`),
  );
  for (const { prefix, place } of tables.filter((table) => /\/.*[:@]/.test(table.prefix))) {
    problems.report(
      `${place} is not used: its prefix ${showHost(prefix)} has a tag or digest`,
      'end it at the repository',
    );
  }
  return tables;
}

/**
 * The table for a repository: the one with the longest prefix that its name begins with. Of several tables
 * with one prefix the last counts, as a drop-in replaces what the main file says.
 */
export function findRegistryTable(
  tables: readonly RegistryTable[],
  repository: Repository,
): RegistryTable | undefined {
  const name = confName(repository);
  let found: RegistryTable | undefined;
  for (const table of tables) {
    if (matchedLength(table.prefix, name) === undefined) continue;
    if (found === undefined || rankOf(table) >= rankOf(found)) found = table;
  }
  return found;
}

/** Longer before shorter; of two as long, the host itself before a wildcard that matches it. */
function rankOf({ prefix }: RegistryTable): number {
  return 2 * prefix.length + (prefix.startsWith('*') ? 0 : 1);
}

/**
 * Where a table sends the repository: its mirrors, then the location.
 * @throws RegistryConfigurationError `REGISTRIES_UNREADABLE` where a location makes no repository
 */
export function remapRepository(table: RegistryTable, repository: Repository): readonly RemappedRepository[] {
  const name = confName(repository);
  const rest = name.slice(matchedLength(table.prefix, name) ?? name.length);
  const remap = (location: string): Repository => {
    if (location === '') return repository;
    const remapped = tryParseRepository(location + rest);
    // `mirror/org` names no host: Docker's normalisation would make it a repository of Docker Hub.
    const host = hostKey((location + rest).split('/', 1)[0] ?? '');
    if (remapped !== undefined && hostKey(remapped.registry) === host) return remapped;
    throw unreadable(table.place, `sends ${name} to ${showHost(location + rest)}, which is no repository`);
  };
  return [
    ...table.mirrors.map((mirror) => ({
      ...mirror,
      repository: remap(mirror.location),
      kind: 'mirror' as const,
    })),
    {
      repository: remap(table.location),
      kind: 'registry',
      insecure: table.insecure,
      asked: 'all',
    },
  ];
}

/** The name that prefixes are compared with. */
function confName(repository: Repository): string {
  return repositoryName({ ...repository, registry: hostKey(repository.registry) });
}

/**
 * How many characters of the name the prefix stands for; undefined where it does not match. A prefix ends at
 * a slash, or before a port: `example.com` also names `example.com:5000`, as in containers/image. A wildcard
 * stands for any number of host parts, and for no path.
 */
function matchedLength(prefix: string, name: string): number | undefined {
  if (!prefix.startsWith('*.')) {
    return name.startsWith(prefix) && isBoundary(name[prefix.length]) ? prefix.length : undefined;
  }
  const at = name.indexOf(prefix.slice(1));
  const end = at + prefix.length - 1;
  return at > 0 && !name.slice(0, at).includes('/') && isBoundary(name[end]) ? end : undefined;
}

function isBoundary(character: string | undefined): boolean {
  return character === undefined || character === '/' || character === ':';
}

function readRegistry(table: Table, place: string): RegistryTable {
  const location = readLocation(table['location'], `${place}.location`);
  const prefix = readLocation(table['prefix'], `${place}.prefix`) || location;
  if (prefix === '') throw unreadable(place, 'has neither prefix nor location');
  const isWildcard = prefix.startsWith('*.');
  if (prefix.slice(isWildcard ? 1 : 0).includes('*') || (isWildcard && /[/:]/.test(prefix))) {
    throw unreadable(`${place}.prefix`, 'may have a * only at its beginning, and then no port or path');
  }
  if (location === '' && !isWildcard) throw unreadable(place, 'has no location');
  if (location.startsWith('*')) throw unreadable(`${place}.location`, 'may not have a *');
  const byDigestOnly = readBoolean(table['mirror-by-digest-only'], `${place}.mirror-by-digest-only`);
  return {
    prefix,
    location,
    insecure: readBoolean(table['insecure'], `${place}.insecure`),
    blocked: readBoolean(table['blocked'], `${place}.blocked`),
    mirrors: readTables(table['mirror'], `${place}.mirror`).map((mirror, index) =>
      readMirror(mirror, byDigestOnly, `${place}.mirror[${index}]`),
    ),
    place,
  };
}

function readMirror(table: Table, byDigestOnly: boolean, place: string): MirrorTable {
  const location = readLocation(table['location'], `${place}.location`);
  if (location === '') throw unreadable(place, 'has no location');
  const asked = readString(table['pull-from-mirror'], `${place}.pull-from-mirror`) || 'all';
  if (asked !== 'all' && asked !== 'digest-only' && asked !== 'tag-only') {
    throw unreadable(`${place}.pull-from-mirror`, 'must be all, digest-only or tag-only');
  }
  if (byDigestOnly && table['pull-from-mirror'] !== undefined) {
    throw unreadable(
      place,
      'has pull-from-mirror where the registry has mirror-by-digest-only',
      'remove one',
    );
  }
  return {
    location,
    insecure: readBoolean(table['insecure'], `${place}.insecure`),
    asked: byDigestOnly ? 'digest-only' : asked,
  };
}

function readLocation(value: unknown, place: string): string {
  const location = readString(value, place).replace(/\/+$/, '');
  if (/^https?:\/\//.test(location)) throw unreadable(place, 'must be HOST[:PORT][/PATH] without a scheme');
  return location;
}
