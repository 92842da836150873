import type { Repository } from '../../reference/repository.ts';
import { type AuthEntry, splitAuthKey } from './auth-entry.ts';
import { RegistryConfigurationError } from './errors.ts';
import { hostKey, scopesOf, showHost } from './registry-host.ts';

/** Docker's `config.json`, containers' `auth.json`, or what a pull secret holds: one format. */
export type AuthFile = {
  readonly entries: readonly AuthEntry[];
  /** Helper by host: `ecr-login` for `123456789012.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper for every other host, `credsStore`. */
  readonly store: string | undefined;
};

/** Most entries taken from one file: the busiest login keeps a few dozen. */
const entriesMax = 10_000;

/**
 * The file's entries, not looked into one by one. Sources: Docker CLI's config.json, containers-auth.json(5).
 * @param place the file, for messages
 * @throws RegistryConfigurationError `CREDENTIALS_UNREADABLE`
 */
export function parseAuthFile(text: string, place: string): AuthFile {
  const document = parseJsonObject(text, place);
  const store = readHelperName(document['credsStore'], `${place}: credsStore`);
  const helpers = new Map<string, string>();
  for (const [host, value] of Object.entries(readObject(document['credHelpers'], `${place}: credHelpers`))) {
    const helper = readHelperName(value, `${place}: credHelpers[${showHost(host)}]`);
    if (helper !== undefined) helpers.set(hostKey(splitAuthKey(host).host), helper);
  }
  return { entries: readAuths(document['auths'], `${place}: auths`), helpers, store };
}

/** A legacy `.dockercfg`: the entries alone, without `auths` around them. */
export function parseLegacyAuthFile(text: string, place: string): AuthFile {
  const entries = readAuths(parseJsonObject(text, place), place);
  return { entries, helpers: new Map(), store: undefined };
}

/**
 * The entries for a repository, most specific first: `host/a/b` before `host/a` before `host`. Of several
 * spellings of one key (`docker.io`, `https://index.docker.io/v1/`) the plain one comes first.
 */
export function findEntries(file: AuthFile, repository: Repository): readonly AuthEntry[] {
  return scopesOf(repository).flatMap((scope) => file.entries.filter((entry) => scopeOf(entry) === scope));
}

function scopeOf(entry: AuthEntry): string {
  const path = entry.path.replace(/\/+$/, '');
  return path === '' ? entry.host : `${entry.host}/${path}`;
}

function readAuths(value: unknown, place: string): readonly AuthEntry[] {
  const auths = Object.entries(readObject(value, place));
  if (auths.length > entriesMax) throw unreadable(`${place} has more than ${entriesMax} entries`);
  return auths
    .map(([key, entry]) => {
      const { host, path } = splitAuthKey(key);
      const isPlain = key === hostKey(host) || key === `${hostKey(host)}/${path}`;
      return {
        isPlain,
        entry: { place: `${place}[${showHost(key)}]`, host: hostKey(host), path, value: entry },
      };
    })
    .sort((one, other) => Number(other.isPlain) - Number(one.isPlain))
    .map(({ entry }) => entry);
}

function parseJsonObject(text: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    // An empty file is what a login that was interrupted, or a secret not filled yet, leaves: it says nothing.
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    // The engine's own message quotes the text, which holds secrets: take the position alone, and no cause.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw unreadable(
      `${place} is not JSON${position === undefined ? '' : describePosition(text, Number(position))}`,
    );
  }
  return readObject(value, place);
}

function describePosition(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return ` at line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function readObject(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw unreadable(`${place} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

/** A helper is started as `docker-credential-NAME`: anything but a plain name could start something else. */
function readHelperName(value: unknown, place: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(value)) {
    throw unreadable(`${place} must be the name of a helper, what comes after docker-credential-`);
  }
  return value;
}

function unreadable(message: string): RegistryConfigurationError {
  return new RegistryConfigurationError('CREDENTIALS_UNREADABLE', message, {
    hint: 'correct the file, or log in again with docker, podman or skopeo',
  });
}
