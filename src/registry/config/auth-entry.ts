import type { Credential } from '../credential.ts';
import { RegistryConfigurationError } from './errors.ts';

/** One entry of `auths`, not looked into yet: a broken entry matters only to who needs it. */
export type AuthEntry = {
  /** Where it is, for messages: `/home/me/.docker/config.json: auths["ghcr.io"]`. */
  readonly place: string;
  /** The host as {@link hostKey} spells it; with `*` where globs are allowed. */
  readonly host: string;
  /** Path on the host that the entry is for, without a slash before it; empty for all of it. */
  readonly path: string;
  readonly value: unknown;
};

/**
 * An entry's key taken apart. `https://index.docker.io/v1/` is Docker's spelling of Docker Hub, where `v1`
 * is a version of the API and no namespace; `quay.io/org` is scoped to what is below it.
 */
export function splitAuthKey(key: string): { readonly host: string; readonly path: string } {
  const bare = key.trim().replace(/^https?:\/\//i, '');
  const slash = bare.indexOf('/');
  const host = slash === -1 ? bare : bare.slice(0, slash);
  const path = slash === -1 ? '' : bare.slice(slash).replace(/^\/+/, '');
  const isUrl = bare !== key.trim() || bare.endsWith('/') || host.toLowerCase() === 'index.docker.io';
  return { host, path: isUrl ? path.replace(/^v[12](\/|$)/, '') : path };
}

/**
 * The credential of an entry, or undefined where it holds none (`{}` says: look into the credential store).
 * The order is Docker's: a token of either kind before `auth`, `auth` before `username` and `password`.
 * @throws RegistryConfigurationError `CREDENTIALS_UNREADABLE`, naming the key and never its value
 */
export function readAuthEntry(entry: AuthEntry): Credential | undefined {
  const { value, place } = entry;
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw unreadable(place, 'must be an object');
  const fields = value as Readonly<Record<string, unknown>>;
  const read = (key: string): string => readText(fields[key], `${place}.${key}`);
  const registryToken = read('registrytoken');
  if (registryToken !== '') return readRegistryToken(registryToken, `${place}.registrytoken`);
  const identityToken = read('identitytoken');
  if (identityToken !== '') return { kind: 'identity-token', token: identityToken };
  const auth = read('auth');
  if (auth !== '') return decodeAuth(auth, `${place}.auth`);
  const username = read('username');
  const password = read('password');
  return username === '' && password === '' ? undefined : { kind: 'basic', username, password };
}

/** Whether one of these credentials is this one. */
export function includesCredential(credentials: readonly Credential[], one: Credential): boolean {
  return credentials.some((other) => {
    if (one.kind === 'basic') {
      return other.kind === 'basic' && one.username === other.username && one.password === other.password;
    }
    return other.kind === one.kind && one.token === other.token;
  });
}

/** `base64(username:password)`. Source: Docker CLI, cli/config/configfile `decodeAuth`. */
function decodeAuth(auth: string, place: string): Credential {
  const text = decodeBase64(auth);
  if (text === undefined) {
    throw unreadable(
      place,
      'is not base64 of USERNAME:PASSWORD',
      'log in again, or write it with: base64 -w0',
    );
  }
  const colon = text.indexOf(':');
  if (colon === -1) throw unreadable(place, 'holds no colon between username and password once decoded');
  // Old versions of Docker padded the password with NUL bytes.
  return {
    kind: 'basic',
    username: text.slice(0, colon),
    password: text.slice(colon + 1).replace(/^\0+|\0+$/g, ''),
  };
}

/** The text in standard base64, padded or not, with line breaks or not; undefined where it is none. */
export function decodeBase64(encoded: string): string | undefined {
  const compact = encoded.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.replace(/=+$/, '').length % 4 === 1)
    return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(compact, 'base64'));
  } catch {
    return undefined;
  }
}

/** Sent as a header as it is: a line break in it would be refused far from here, with its text in the error. */
function readRegistryToken(token: string, place: string): Credential {
  if (!/^[\x21-\x7e]+$/.test(token)) throw unreadable(place, 'holds a character that no token has');
  return { kind: 'registry-token', token };
}

function readText(value: unknown, place: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw unreadable(place, 'must be a string');
  return value;
}

function unreadable(
  place: string,
  what: string,
  hint = 'correct it, or log in again',
): RegistryConfigurationError {
  return new RegistryConfigurationError('CREDENTIALS_UNREADABLE', `${place} ${what}`, { hint });
}
