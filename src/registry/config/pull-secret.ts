import type { Repository } from '../../reference/repository.ts';
import { type AuthEntry, decodeBase64 } from './auth-entry.ts';
import { parseAuthFile, parseLegacyAuthFile } from './auth-file.ts';
import { RegistryConfigurationError } from './errors.ts';
import { hostKey } from './registry-host.ts';

/** A Kubernetes Secret of one of the two kinds that hold registry credentials. */
export type PullSecret = {
  /** `namespace/name`, for messages. */
  readonly name: string;
  readonly type: 'kubernetes.io/dockerconfigjson' | 'kubernetes.io/dockercfg';
  /** The value under `.dockerconfigjson` or `.dockercfg`, as the API gives it (base64) or decoded. */
  readonly data: string;
};

/** Largest value taken: a Secret holds at most 1 MiB, which base64 makes a third longer. */
const secretLengthMax = 1.5 * 1024 * 1024;

/** @throws RegistryConfigurationError `CREDENTIALS_UNREADABLE` */
export function readPullSecret(secret: PullSecret): readonly AuthEntry[] {
  const place = `secret ${secret.name}`;
  if (secret.data.length > secretLengthMax) throw unreadable(`${place} is larger than a Secret can be`);
  const text = secret.data.trimStart().startsWith('{') ? secret.data : decodeBase64(secret.data.trim());
  if (text === undefined) throw unreadable(`${place} is neither JSON nor base64 of JSON`);
  const parse = secret.type === 'kubernetes.io/dockercfg' ? parseLegacyAuthFile : parseAuthFile;
  // To the kubelet `/v1/` and `/v2/` are always versions of the API, also in a key that is no URL.
  return parse(text, place).entries.map((entry) => ({
    ...entry,
    path: entry.path.replace(/^v[12]\//, ''),
  }));
}

/**
 * The entries of all pull secrets that the kubelet would try for a repository, in its order: keys sorted
 * backwards, so that longer paths and plain hosts come before shorter ones and globs.
 * Source: Kubernetes pkg/credentialprovider/keyring.go.
 */
export function findPullSecretEntries(
  entries: readonly AuthEntry[],
  repository: Repository,
): readonly AuthEntry[] {
  const keyOf = (entry: AuthEntry): string => `${entry.host}/${entry.path}`;
  return entries
    .filter((entry) => matchesAsKubelet(entry, repository))
    .sort((one, other) => (keyOf(one) < keyOf(other) ? 1 : keyOf(one) > keyOf(other) ? -1 : 0));
}

/**
 * A `*` stands for one part of a host name, or a piece of one, and never for a dot: `*.example.com` is not
 * `a.b.example.com`. Ports must be equal. The path is a plain prefix, without regard to slashes.
 */
function matchesAsKubelet(entry: AuthEntry, repository: Repository): boolean {
  const host = hostKey(repository.registry);
  return matchesHost(entry.host, host) && repository.path.startsWith(entry.path);
}

function matchesHost(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const [patternName = '', patternPort = ''] = splitPort(pattern);
  const [name = '', port = ''] = splitPort(host);
  const patternParts = patternName.split('.');
  const parts = name.split('.');
  return (
    patternPort === port &&
    patternParts.length === parts.length &&
    patternParts.every((part, index) => matchesPart(part, parts[index] ?? ''))
  );
}

/** Without a regular expression: a pattern like `*a*a*a*a` would make one take for ever. */
function matchesPart(pattern: string, part: string): boolean {
  const [first = '', ...pieces] = pattern.split('*');
  if (pieces.length === 0) return pattern === part;
  if (!part.startsWith(first)) return false;
  const last = pieces.pop() ?? '';
  let at = first.length;
  for (const piece of pieces) {
    const found = part.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return part.length - at >= last.length && part.endsWith(last);
}

function splitPort(host: string): readonly string[] {
  const colon = host.lastIndexOf(':');
  return colon === -1 || host.endsWith(']') ? [host, ''] : [host.slice(0, colon), host.slice(colon + 1)];
}

function unreadable(message: string): RegistryConfigurationError {
  return new RegistryConfigurationError('CREDENTIALS_UNREADABLE', message, {
    hint: 'look at it with: kubectl get secret NAME -o jsonpath={.data} and create it anew',
  });
}
