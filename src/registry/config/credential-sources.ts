import type { Credential, CredentialOptions } from '../credential.ts';
import { type AuthEntry, readAuthEntry } from './auth-entry.ts';
import { type AuthFile, findEntries, parseAuthFile } from './auth-file.ts';
import { cloudHelpersFor } from './cloud-registry.ts';
import { readConfigFile } from './config-file.ts';
import type { CredentialHelpers } from './credential-helper.ts';
import { RegistryConfigurationError } from './errors.ts';
import type { CredentialSource } from './keychain.ts';
import type { ConfigurationProblems } from './problems.ts';
import type { Environment } from './proxy.ts';
import { findPullSecretEntries, type PullSecret, readPullSecret } from './pull-secret.ts';
import { findRegistriesYamlCredential, type RegistriesYaml } from './registries-yaml.ts';
import { hostKey } from './registry-host.ts';

export type SourceContext = {
  readonly helpers: CredentialHelpers;
  readonly problems: ConfigurationProblems;
};

export type AuthFileLocation = {
  readonly path: string;
  /** Who named it: a file that the user named and that is not there is an error, a default one is not. */
  readonly namedBy: 'option' | 'environment' | 'default';
};

/** Docker's config.json or containers' auth.json, with the helpers it names. */
export function authFileSource(location: AuthFileLocation, context: SourceContext): CredentialSource {
  let file: Promise<AuthFile | undefined> | undefined;
  return async function* authFileCredentials(repository, options) {
    // Asked again after a refusal: a login or a rotated Secret may have written the file anew.
    if (file === undefined || options.refused?.length) file = loadAuthFile(location, context);
    const auths = await file;
    if (auths === undefined) return;
    const entries = findEntries(auths, repository);
    yield* readEntries(entries.filter((entry) => entry.path !== ''));
    yield* askConfiguredHelper(auths, repository.registry, location.path, context, options);
    yield* readEntries(entries.filter((entry) => entry.path === ''));
  };
}

/** Kubernetes pull secrets, all of them as one, as the kubelet merges them. */
export function pullSecretSource(secrets: readonly PullSecret[]): CredentialSource {
  return async function* pullSecretCredentials(repository) {
    yield* readEntries(findPullSecretEntries(secrets.flatMap(readPullSecret), repository));
  };
}

/** `GITHUB_TOKEN`, which GitHub Actions gives every job, for `ghcr.io` and no other host. */
export function gitHubTokenSource(env: Environment): CredentialSource {
  return async function* gitHubTokenCredentials(repository) {
    const token = env['GITHUB_TOKEN']?.trim() ?? '';
    if (token === '' || hostKey(repository.registry) !== 'ghcr.io') return;
    // GitHub looks at the token alone; any user name will do.
    yield { kind: 'basic', username: env['GITHUB_ACTOR']?.trim() || 'x-access-token', password: token };
  };
}

/** Logins that k3s's registries.yaml keeps under `configs`. */
export function registriesYamlSource(load: () => Promise<RegistriesYaml | undefined>): CredentialSource {
  return async function* registriesYamlCredentials(repository) {
    const yaml = await load();
    const credential = yaml && findRegistriesYamlCredential(yaml, repository.registry);
    if (credential !== undefined) yield credential;
  };
}

/**
 * The helpers of AWS, Google and Azure for their own registries, where they are on PATH. Nobody configured
 * them, so one that fails is reported and passed over: many images there are public.
 */
export function cloudHelperSource(context: SourceContext): CredentialSource {
  return async function* cloudHelperCredentials(repository, options) {
    for (const helper of cloudHelpersFor(repository.registry)) {
      try {
        yield* askHelper(helper, repository.registry, context, options);
      } catch (error) {
        if (!(error instanceof RegistryConfigurationError)) throw error;
        context.problems.report(error.message, error.hint ?? 'go on without it');
      }
    }
  };
}

async function loadAuthFile(
  location: AuthFileLocation,
  { problems }: SourceContext,
): Promise<AuthFile | undefined> {
  const text = await readConfigFile(location.path, 'CREDENTIALS_UNREADABLE');
  if (text !== undefined) return parseAuthFile(text, location.path);
  if (location.namedBy === 'option') {
    throw new RegistryConfigurationError('CREDENTIALS_UNREADABLE', `there is no file ${location.path}`, {
      hint: 'name the file that your login wrote, e.g. ~/.docker/config.json',
    });
  }
  if (location.namedBy === 'environment') {
    problems.report(
      `there is no file ${location.path}, which REGISTRY_AUTH_FILE names`,
      'log in to write it, or unset REGISTRY_AUTH_FILE',
    );
  }
  return undefined;
}

async function* readEntries(entries: readonly AuthEntry[]): AsyncGenerator<Credential> {
  for (const entry of entries) {
    const credential = readAuthEntry(entry);
    if (credential !== undefined) yield credential;
  }
}

/**
 * The helper for this host, or the store for all hosts. Docker asks them before it looks at entries of the
 * file, which are left over from before there was a helper.
 */
async function* askConfiguredHelper(
  auths: AuthFile,
  registry: string,
  path: string,
  context: SourceContext,
  options: CredentialOptions,
): AsyncGenerator<Credential> {
  const own = auths.helpers.get(hostKey(registry));
  const helper = own ?? auths.store;
  if (helper === undefined) return;
  const isAbsent = yield* askHelper(helper, registry, context, options);
  if (!isAbsent) return;
  const message = `${path} names docker-credential-${helper}, which is not on PATH`;
  const hint = `install it, or remove ${own === undefined ? 'credsStore' : `credHelpers for ${registry}`} from the file`;
  if (own !== undefined) throw new RegistryConfigurationError('CREDENTIAL_HELPER_FAILED', message, { hint });
  // A store that went missing (a config copied into a container) must not bar every public image.
  context.problems.report(message, hint);
}

/** Returns whether the helper is not on PATH. */
async function* askHelper(
  helper: string,
  registry: string,
  { helpers }: SourceContext,
  options: CredentialOptions,
): AsyncGenerator<Credential, boolean> {
  const answer = await helpers.ask(helper, registry, options);
  if (answer.kind === 'credential') yield answer.credential;
  return answer.kind === 'absent';
}
